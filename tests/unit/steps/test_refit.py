"""What scores may be fitted on all rows; what is said of it is measured on one that has not seen the last ones."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.tree import DecisionTreeClassifier

from tests.unit.steps.conftest import GATE
from tests.unit.steps.test_backtest import page_of
from windvane import Estimator, Gate, Model, rule, steps
from windvane.cli.explain import version_page
from windvane.errors import HoldoutSeen
from windvane.lifecycle.document import markdown
from windvane.lifecycle.evaluate import evaluate
from windvane.orchestration.texts import candidate
from windvane.pipeline import runner
from windvane.results import Evaluation, Run, Version
from windvane.stores import Stores, open_stores
from windvane.stores.datasets import read_scores

LEARNS_BY_HEART = Estimator("sklearn.tree:DecisionTreeClassifier", min_samples_leaf=5)
"""One that has seen the holdout would look far better on it than it is."""
LENIENT = Gate(rule.bound("log_loss", at_most=50.0))
REACHES_BACK = Gate(rule.bound("log_loss", at_most=50.0), rule.min_rows(1050))

Make = Callable[..., Model]


def trained(model: Model, window: str, stores: Stores, run: Run) -> Version:
    """Train a version on a window, and return it as it is then."""
    found = runner.run_train(model, model.cadence.window(window), stores, run)
    return stores.registry.versions.get(model.name, found.version)


def evaluated(version: Version, stores: Stores) -> Evaluation:
    """Return a version's evaluation."""
    assert version.evaluation is not None
    return Evaluation.from_json(stores.artifacts.get(version.evaluation))


@pytest.fixture
def other(tmp_path: Path) -> Stores:
    """Stores besides."""
    return open_stores(f"sqlite:///{tmp_path / 'other' / 'registry.db'}", str(tmp_path / "other" / "artifacts"))


def test_what_is_judged_is_the_version_that_would_be_made_without_it_and_what_scores_has_learned_from_all_rows(
    make: Make, stores: Stores, other: Stores, run: Run
) -> None:
    model = make(estimator=LEARNS_BY_HEART, gate=LENIENT, refit=True)
    plain = make(estimator=LEARNS_BY_HEART, gate=LENIENT)
    once = trained(plain, "2020-02", other, run)
    again = trained(model, "2020-02", stores, run)
    assert again.refit is not None
    assert once.refit is None
    assert (again.refit.judged, again.profile) == (once.artifact, once.profile)
    assert again.artifact != once.artifact
    assert again.state == "champion"
    assert (again.refit.rows, again.rows) == (1800, 1530)
    assert (again.learned_until, again.trained_until) == (again.window_end, once.trained_until)
    same = {"snapshot", "metrics", "baseline", "comparisons", "curves", "rows", "holdout_start"}
    assert evaluated(again, stores).model_dump(include=same) == evaluated(once, other).model_dump(include=same)
    first, second = (
        steps.explain(*said, run) for said in ((plain, once.version, other), (model, again.version, stores))
    )
    assert first.importance == second.importance

    runner.run_score(model, model.cadence.window("2020-03"), stores, run)
    scored = stores.registry.scores.current("loans", "2020-03")
    assert scored is not None
    rows = pd.read_parquet(model.source.path)
    known = rows[rows["applied_at"] < again.window_end]
    by_hand = DecisionTreeClassifier(min_samples_leaf=5, random_state=0)
    by_hand.fit(known[["income", "debt"]], known["default"].astype(int))
    march = rows[(rows["applied_at"] >= again.window_end) & (rows["loan_id"].str.startswith("03"))]
    expected = by_hand.predict_proba(march[["income", "debt"]])[:, 1]
    np.testing.assert_allclose(np.sort(read_scores(scored.artifact, stores.artifacts)["score"]), np.sort(expected))


def test_an_estimator_that_has_seen_the_holdout_is_refused_as_evidence(make: Make, stores: Stores, run: Run) -> None:
    from windvane.steps.carrying import contender
    from windvane.steps.training import holdout_rows

    model = make(estimator=LEARNS_BY_HEART, gate=LENIENT, refit=True)
    version = trained(model, "2020-02", stores, run)
    holdout = holdout_rows(model, version, stores)
    scores_with = contender(model, version, stores)
    with pytest.raises(HoldoutSeen, match="until 2020-03-01 00:00 UTC"):
        evaluate(holdout, holdout, model, None, scores_with, None)
    judged = contender(model, version, stores, version.trained_until)
    assert evaluate(holdout, holdout, model, None, judged, None).rows == len(holdout)


def test_a_later_version_is_judged_beside_what_scores_where_that_has_not_seen_the_rows_and_else_beside_what_was_judged(
    make: Make, stores: Stores, run: Run
) -> None:
    from windvane.steps.carrying import contender
    from windvane.steps.training import holdout_rows

    def loss_beside(number: int, since: Any) -> float | None:
        challenger = stores.registry.versions.get("loans", number)
        champion = stores.registry.versions.get("loans", 1)
        rows = holdout_rows(model, challenger, stores)
        side = contender(model, champion, stores, since)
        return evaluate(rows, rows, model, None, side, None).metrics[0].value

    model = make(estimator=LEARNS_BY_HEART, gate=LENIENT, refit=True)
    trained(model, "2020-03", stores, run)
    apart = trained(model, "2020-04", stores, run)
    assert apart.trained_until > stores.registry.versions.get("loans", 1).learned_until
    (found, *_) = evaluated(apart, stores).champion_metrics
    assert found.value == loss_beside(apart.version, None)

    wide = make(estimator=LEARNS_BY_HEART, gate=REACHES_BACK, refit=True)
    back = trained(wide, "2020-04", stores, run)
    first = stores.registry.versions.get("loans", 1)
    assert first.trained_until <= back.trained_until < first.learned_until
    told = evaluated(back, stores)
    assert told.champion == 1
    assert told.champion_metrics[0].value == loss_beside(back.version, back.trained_until)


def test_a_refitted_version_is_made_again_byte_for_byte_and_either_part_is_told_when_it_is_not(
    make: Make, stores: Stores, run: Run
) -> None:
    model = make(gate=LENIENT, refit=True)
    version = trained(model, "2020-02", stores, run)
    assert steps.train(model, model.cadence.window("2020-02"), version.snapshots[-1], stores, run) == version
    found = steps.reproduce("loans", version.version, stores, declared=model)
    assert found.same
    assert not found.differs
    assert version.refit is not None
    damaged = version.model_copy(update={"refit": version.refit.model_copy(update={"judged": "sha256:" + 64 * "0"})})
    kept, registry = stores.registry.versions.get, stores.registry.versions
    registry.get = lambda *_: damaged  # type: ignore[method-assign]  # a row that says another judged model
    try:
        other = steps.reproduce("loans", version.version, stores, declared=model)
    finally:
        registry.get = kept  # type: ignore[method-assign]  # as above
    assert not other.same
    assert any(item.startswith("model that was judged: sha256:0000") for item in other.differs)


def test_a_spec_that_says_nothing_keeps_its_digests_and_one_that_refits_makes_another_version(make: Make) -> None:
    plain, model = make(), make(refit=True)
    assert "refit" not in plain.model_dump(mode="json")
    assert plain.training_digest != model.training_digest
    assert Model.from_stored(model.model_dump(mode="json")) == model


def test_what_was_judged_is_kept_moved_and_verified_like_what_scores(
    make: Make, stores: Stores, other: Stores, run: Run, tmp_path: Path
) -> None:
    model = make(gate=LENIENT, refit=True)
    version = trained(model, "2020-02", stores, run)
    assert version.refit is not None
    list(steps.sweep(stores, datetime(2100, 1, 1, tzinfo=UTC), remove=True))
    assert stores.artifacts.has(version.refit.judged)
    file = tmp_path / "loans.wv"
    steps.export_model("loans", file, stores, run=run)
    steps.import_model(file, other)
    assert other.artifacts.has(version.refit.judged)
    assert steps.verify("loans", other).problems == ()
    name = version.refit.judged.removeprefix("sha256:")
    stored = Path(stores.artifacts.url) / "sha256" / name[:2] / name[2:]
    stored.write_bytes(stored.read_bytes()[:-1] + b"x")
    (problem,) = steps.verify("loans", stores).problems
    assert "loans v1 judged model" in problem.cause
    assert "can be judged again" in problem.means


def test_everywhere_it_is_said_what_scores_and_what_the_numbers_are_of(make: Make, stores: Stores, run: Run) -> None:
    model = make(gate=LENIENT, refit=True)
    version = trained(model, "2020-02", stores, run)
    said = "fitted again on 1,800 rows, until 2020-03-01 00:00 UTC, by the same recipe; every number is of the recipe"
    shown: Any = version_page("loans", 1, stores).data
    assert shown["refit"]["rows"] == 1800
    card = markdown(steps.card(model, 1, stores)).replace("\\", "")
    assert card.count(said) == 2
    assert "learnt from rows until 2020-03-01 00:00 UTC" in card
    assert " ".join(page_of(1, stores).split()).count(said) == 2
    assert said in candidate(version, None).replace("\\", "")


def test_what_both_fits_warn_of_is_kept_and_judged(make: Make, stores: Stores, run: Run) -> None:
    unfinished = Estimator("sklearn.linear_model:LogisticRegression", max_iter=1)
    version = trained(make(estimator=unfinished, gate=GATE, refit=True), "2020-06", stores, run)
    (warned,) = [item for item in version.warnings if item.category == "ConvergenceWarning"]
    assert warned.count == 2
