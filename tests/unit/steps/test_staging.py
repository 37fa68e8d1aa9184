"""Versions on trial: shadow scores stay apart, stages rise or end by themselves, in any order and however often."""

from __future__ import annotations

import random
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from windvane import Estimator, Gate, Model, Stages, rule, steps
from windvane.errors import UnknownRollout
from windvane.lifecycle.live import bucket
from windvane.pipeline import runner
from windvane.results import Run
from windvane.steps.scoring import score_frame
from windvane.stores import Stores, open_stores
from windvane.stores.datasets import read_scores, read_snapshot

Make = Callable[..., Model]

LAX = (rule.min_rows(10),)
GUESS = Estimator("sklearn.linear_model:LogisticRegression", C=1e-6)


def train(model: Model, key: str, stores: Stores, run: Run) -> runner.TrainOutcome:
    return runner.run_train(model, model.cadence.window(key), stores, run)


def score(model: Model, key: str, stores: Stores, run: Run) -> pd.DataFrame:
    return read_scores(runner.run_score(model, model.cadence.window(key), stores, run).artifact, stores.artifacts)


def monitor(model: Model, key: str, stores: Stores, run: Run) -> None:
    runner.run_monitor(model, model.cadence.window(key), stores, run, report=False, retrain=False)


@pytest.fixture
def staged(make: Make, stores: Stores, run: Run) -> Model:
    """January's version is champion; February's, which passed the gate, is being promoted in stages."""
    model = make(gate=Gate(*LAX, stages=Stages(shares=(0.25, 0.5), margin=0.02)))
    assert train(model, "2020-01", stores, run).promoted, "the first one has nobody to be compared with"
    assert not train(model, "2020-02", stores, run).promoted
    return model


def test_stages_rise_while_live_windows_are_not_worse_and_the_version_arrives(
    staged: Model, stores: Stores, run: Run
) -> None:
    first = score(staged, "2020-03", stores, run)
    by_hash = first["loan_id"].map(lambda key: bucket("loans", key)) < 0.25
    assert (first["version"] == np.where(by_hash, 2, 1)).all(), "a score names the version that made it"
    for version in (1, 2):
        key = str(first.loc[first["version"] == version, "loan_id"].iloc[0])
        assert steps.lineage("loans", stores, key=key).origin.version.version == version
    published = stores.registry.scores.current("loans", "2020-03")
    assert published is not None
    assert (published.version, published.staged, published.share) == (1, 2, 0.25)
    monitor(staged, "2020-03", stores, run)
    (found,) = stores.registry.staging.rollouts("loans")
    assert (found.state, found.stage, found.share) == ("open", 1, 0.5)
    second = score(staged, "2020-04", stores, run)
    assert (second["version"] == 2).mean() == pytest.approx(0.5, abs=0.06)
    monitor(staged, "2020-04", stores, run)
    champion = stores.registry.champions.current("loans")
    assert champion is not None
    assert (champion.version, champion.epoch) == (2, 2)
    (found,) = stores.registry.staging.rollouts("loans")
    assert found.state == "promoted"
    assert [(item.window, item.share) for item in found.windows] == [("2020-03", 0.25), ("2020-04", 0.5)]
    assert set(score(staged, "2020-05", stores, run)["version"]) == {2}
    kinds = [event.kind for event in stores.registry.audit.events("loans")]
    for kind in ("rollout.began", "rollout.scored", "rollout.moved", "scores.shadowed", "version.compared"):
        assert kind in kinds
    assert steps.verify("loans", stores, everything=True).problems == ()


def test_doing_it_again_changes_nothing(staged: Model, stores: Stores, run: Run) -> None:
    first = score(staged, "2020-03", stores, run)
    monitor(staged, "2020-03", stores, run)
    seen = len(stores.registry.audit.events("loans"))
    pd.testing.assert_frame_equal(score(staged, "2020-03", stores, run), first)
    monitor(staged, "2020-03", stores, run)
    train(staged, "2020-02", stores, run)
    assert len(stores.registry.audit.events("loans")) == seen
    score(staged, "2020-04", stores, run)
    steps.withdraw(staged, 2, stores, run)
    pd.testing.assert_frame_equal(score(staged, "2020-03", stores, run), first)
    assert sorted(item.window for item in stores.registry.scores.published("loans")) == ["2020-03", "2020-04"]


def test_a_version_that_does_worse_is_withdrawn_by_itself_and_says_why(make: Make, stores: Stores, run: Run) -> None:
    model = make(gate=Gate(*LAX, stages=(0.0, 0.2)))
    train(model, "2020-01", stores, run)
    bad = model.revised(estimator=GUESS)
    train(bad, "2020-02", stores, run)
    assert set(score(bad.revised(estimator=model.estimator), "2020-03", stores, run)["version"]) == {1}
    monitor(model, "2020-03", stores, run)
    (found,) = stores.registry.staging.rollouts("loans")
    assert (found.state, found.stage) == ("withdrawn", 0)
    assert "worse than v1 on 900 live rows of 2020-03" in found.why
    champion = stores.registry.champions.current("loans")
    assert champion is not None
    assert champion.version == 1
    assert set(score(model, "2020-04", stores, run)["version"]) == {1}
    assert stores.registry.staging.shadow("loans", "2020-04") == []
    train(bad, "2020-02", stores, run)
    assert len(stores.registry.staging.rollouts("loans")) == 1, "no automatic run begins again what was withdrawn"


def test_windows_monitored_in_any_order_end_alike(make: Make, run: Run, tmp_path: Path) -> None:
    keys = [f"2020-{month:02}" for month in (3, 4, 5)]
    model, found = make(gate=Gate(*LAX, stages=Stages(shares=(0.1, 0.3), margin=0.02))), set()
    for seed in range(2):
        home = tmp_path / f"order{seed}"
        stores = open_stores(f"sqlite:///{home / 'r.db'}", str(home / "a"))
        train(model, "2020-01", stores, run)
        train(model, "2020-02", stores, run)
        for key in keys:
            score(model, key, stores, run)
        order = random.Random(seed).sample(keys, len(keys))  # noqa: S311  # an order, not a secret
        for key in order[: 2 + seed % 2] + order:
            monitor(model, key, stores, run)
        (rollout,) = stores.registry.staging.rollouts("loans")
        found.add((rollout.state, rollout.stage, rollout.windows, rollout.why))
        stores.registry.audit.verify("loans")
    assert len(found) == 1


def test_shadow_scores_are_kept_apart_and_two_versions_compare_on_the_same_rows(
    make: Make, stores: Stores, run: Run
) -> None:
    model = make(gate=Gate(rule.better_than_champion(margin=0.5)), shadow=1)
    strict = model.revised(gate=Gate(rule.better_than_baseline()))
    train(strict, "2020-01", stores, run)
    assert train(model, "2020-02", stores, run).decision == "reject"
    assert set(score(model, "2020-03", stores, run)["version"]) == {1}
    (kept,) = stores.registry.staging.shadow("loans", "2020-03")
    assert kept.version == 2
    monitor(model, "2020-03", stores, run)
    (result,) = stores.registry.staging.live("loans", 2, 1)
    found = steps.compare(model, 2, 1, stores)
    assert [item.window for item in found.windows] == ["2020-03"]
    assert found.together.difference == pytest.approx(result.comparison.difference)

    taken = stores.registry.snapshots.latest("loans", "2020-03", mature_only=True)
    assert taken is not None
    rows = read_snapshot(taken, stores.artifacts).set_index("loan_id")
    published = stores.registry.scores.current("loans", "2020-03")
    assert published is not None
    losses = []
    for artifact in (kept.artifact, published.artifact):
        frame = read_scores(artifact, stores.artifacts).set_index("loan_id").loc[rows.index, "score"]
        losses.append(-np.log(np.where(rows["default"] == 1, frame, 1 - frame)).mean())
    assert found.together.difference == pytest.approx(losses[0] - losses[1])
    other = steps.compare(model, 1, 2, stores)
    assert other.together.difference == pytest.approx(losses[1] - losses[0])


def test_versions_without_a_common_window_are_not_compared(make: Make, stores: Stores, run: Run) -> None:
    model = make()
    train(model, "2020-01", stores, run)
    train(model, "2020-02", stores, run)
    found = steps.compare(model, 2, 1, stores)
    assert found.windows == ()
    assert found.together.difference is None
    assert "no window" in found.together.problem


def test_versions_are_compared_on_later_windows_that_are_scored_for_it_and_nothing_is_kept(
    make: Make, stores: Stores, run: Run
) -> None:
    model = make(gate=Gate(rule.better_than_champion(margin=0.5)))
    train(model.revised(gate=Gate(rule.better_than_baseline())), "2020-01", stores, run)
    assert train(model, "2020-02", stores, run).decision == "reject"
    score(model, "2020-03", stores, run)
    monitor(model, "2020-03", stores, run)
    before = stores.registry.audit.events("loans")
    kept = set(stores.artifacts.digests())
    assert steps.compare(model, 2, 1, stores).windows == ()
    found = steps.compare(model, 2, 1, stores, anew=3)
    assert [(item.window, item.scores) for item in found.windows] == [("2020-03", "")]
    taken = stores.registry.snapshots.latest("loans", "2020-03", mature_only=True)
    assert taken is not None
    rows, losses = read_snapshot(taken, stores.artifacts), []
    for number in (2, 1):
        scored = score_frame(model, stores.registry.versions.get("loans", number), rows, stores)[0]["score"]
        losses.append(-np.log(np.where(rows["default"] == 1, scored, 1 - scored)).mean())
    assert found.together.difference == pytest.approx(losses[0] - losses[1])
    other = steps.compare(model, 1, 2, stores, anew=3)
    assert other.together.difference == pytest.approx(losses[1] - losses[0])
    assert stores.registry.audit.events("loans") == before
    assert set(stores.artifacts.digests()) == kept


def test_nothing_is_said_before_the_outcomes_are_due(staged: Model, stores: Stores, run: Run) -> None:
    score(staged, "2020-03", stores, run)
    early = run.model_copy(update={"as_of": staged.cadence.window("2020-03").end})
    assert steps.live(staged, staged.cadence.window("2020-03"), stores, early) == []
    steps.advance(staged, stores, early)
    (found,) = stores.registry.staging.rollouts("loans")
    assert (found.state, found.stage) == ("open", 0)


def test_a_newer_version_takes_its_place_and_an_older_one_does_not(staged: Model, stores: Stores, run: Run) -> None:
    train(staged, "2020-04", stores, run)
    newest, earlier = stores.registry.staging.rollouts("loans")
    assert (newest.version, newest.state) == (3, "open")
    assert (earlier.version, earlier.state) == (2, "withdrawn")
    assert "v3 of window 2020-04 takes its place" in earlier.why
    late = train(staged, "2020-03", stores, run)
    assert not late.promoted
    assert stores.registry.versions.get("loans", late.version).state == "rejected"
    assert [item.version for item in stores.registry.staging.rollouts("loans") if item.state == "open"] == [3]


def test_a_move_of_the_champion_ends_it(staged: Model, stores: Stores, run: Run) -> None:
    """A person promotes by hand: at once, whatever the stages say."""
    by_hand = run.model_copy(update={"reason": "no time to lose"})
    assert steps.promote(staged, 2, stores, by_hand).version == 2
    (found,) = stores.registry.staging.rollouts("loans")
    assert found.state == "promoted"
    train(staged, "2020-03", stores, run)
    steps.rollback(staged, 1, stores, by_hand)
    newest = stores.registry.staging.rollouts("loans")[0]
    assert (newest.version, newest.state) == (3, "withdrawn")
    assert "moved to v1" in newest.why
    assert set(score(staged, "2020-05", stores, run)["version"]) == {1}


def test_a_person_withdraws_it_by_name(staged: Model, stores: Stores, run: Run) -> None:
    with pytest.raises(UnknownRollout, match="v2 is"):
        steps.withdraw(staged, 1, stores, run)
    found = steps.withdraw(staged, 2, stores, run.model_copy(update={"reason": "complaints"}))
    assert (found.state, found.why) == ("withdrawn", "complaints")
    assert set(score(staged, "2020-03", stores, run)["version"]) == {1}
    with pytest.raises(UnknownRollout, match="none is"):
        steps.withdraw(staged, 2, stores, run)


def test_the_monitor_judges_the_champions_rows_alone(staged: Model, stores: Stores, run: Run) -> None:
    frame = score(staged, "2020-03", stores, run)
    window = staged.cadence.window("2020-03")
    watched = runner.run_monitor(staged, window, stores, run, report=False, retrain=False)
    own = frame[frame["version"] == 1].set_index("loan_id")["score"]
    taken = stores.registry.snapshots.latest("loans", "2020-03", mature_only=True)
    assert taken is not None
    rows = read_snapshot(taken, stores.artifacts).set_index("loan_id").loc[own.index]
    assert watched.loss == pytest.approx(-np.log(np.where(rows["default"] == 1, own, 1 - own)).mean())


def test_a_gate_rule_waits_for_live_windows_and_then_lets_the_version_in(make: Make, stores: Stores, run: Run) -> None:
    model = make(gate=Gate(rule.better_than_baseline(), rule.not_worse_live(margin=0.02)), shadow=1)
    assert train(model, "2020-01", stores, run).promoted
    waiting = train(model, "2020-02", stores, run)
    assert waiting.decision == "needs_approval"
    assert "0 matured windows scored beside v1, needed 1" in waiting.reasons[0].headline
    score(model, "2020-03", stores, run)
    monitor(model, "2020-03", stores, run)
    again = steps.gate(model, 2, stores, run)
    assert again.decision == "promote"
    assert "On 900 live rows of 2020-03;" in again.verdicts[2].detail
    assert steps.settle(model, 2, stores, run, again.expected_epoch).state == "champion"
