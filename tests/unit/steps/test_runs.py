"""The lifecycle in one process on real stores: same input same version, no time travel, one retrain, as-of truth."""

from __future__ import annotations

import os
import random
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from windvane import Features, Gate, Model, Schedule, steps
from windvane.errors import (
    ExpectationsFailed,
    FutureWindow,
    IllegalMove,
    ImmatureOutcomes,
    InvalidWindow,
    NoChampion,
    RolledBack,
    StaleChampion,
)
from windvane.pipeline import runner
from windvane.results import Evaluation, Run
from windvane.stores import Stores, open_stores
from windvane.stores.datasets import read_scores

Make = Callable[..., Model]


def train(model: Model, key: str, stores: Stores, run: Run) -> runner.TrainOutcome:
    return runner.run_train(model, model.cadence.window(key), stores, run)


def score_and_monitor(model: Model, key: str, stores: Stores, run: Run) -> str:
    window = model.cadence.window(key)
    runner.run_score(model, window, stores, run)
    return runner.run_monitor(model, window, stores, run, report=False).decision


def test_training_twice_is_one_version_with_one_digest(make: Make, stores: Stores, run: Run) -> None:
    model = make()
    first, second = train(model, "2020-01", stores, run), train(model, "2020-01", stores, run)
    assert first == second
    assert (first.version, first.decision, first.champion, first.epoch) == (1, "promote", 1, 1)
    assert len(stores.registry.versions.all("loans")) == 1
    assert len(stores.registry.champions.promotions("loans")) == 1


def test_another_home_gives_the_same_model_digest(make: Make, stores: Stores, run: Run, tmp_path: Path) -> None:
    model = make()
    other = open_stores(f"sqlite:///{tmp_path / 'other' / 'r.db'}", str(tmp_path / "other" / "a"))
    assert train(model, "2020-02", stores, run).digest == train(model, "2020-02", other, run).digest


def test_drift_that_hurts_retrains_once_and_the_gate_lets_the_better_version_through(
    make: Make, stores: Stores, run: Run
) -> None:
    model = make()
    train(model, "2020-01", stores, run)
    said = [score_and_monitor(model, f"2020-{month:02}", stores, run) for month in (2, 3, 4, 5)]
    assert said == ["hold", "hold", "hold", "retrain"]
    champion = stores.registry.champions.current("loans")
    assert champion is not None
    assert (champion.version, champion.window) == (2, "2020-05")
    (request,) = stores.registry.monitoring.requests("loans")
    assert request.started_at is not None
    again = runner.run_monitor(model, model.cadence.window("2020-05"), stores, run, report=False)
    assert again.request == request.request
    assert len(stores.registry.monitoring.requests("loans")) == 1
    assert score_and_monitor(model, "2020-06", stores, run) == "hold"


def test_scores_name_their_version_and_keep_their_keys(make: Make, stores: Stores, run: Run) -> None:
    model = make()
    train(model, "2020-01", stores, run)
    scores = runner.run_score(model, model.cadence.window("2020-02"), stores, run)
    frame = read_scores(scores.artifact, stores.artifacts)
    assert list(frame.columns) == ["loan_id", "applied_at", "score", "version"]
    assert set(frame["version"]) == {1}
    assert scores.rows == len(frame) == 900
    assert runner.run_score(model, model.cadence.window("2020-02"), stores, run) == scores


def test_a_window_is_scored_by_who_has_not_seen_it(make: Make, stores: Stores, run: Run) -> None:
    model = make()
    train(model, "2020-01", stores, run)
    train(model, "2020-06", stores, run)
    assert runner.run_score(model, model.cadence.window("2020-03"), stores, run).version == 1
    assert runner.run_score(model, model.cadence.window("2020-07"), stores, run).version == 2
    with pytest.raises(NoChampion):
        runner.run_score(model, model.cadence.window("2020-01"), stores, run)


def test_windows_trained_in_any_order_end_with_the_same_champion(make: Make, run: Run, tmp_path: Path) -> None:
    model = make()
    keys = [f"2020-{month:02}" for month in range(1, 7)]
    found = set()
    for seed in range(4):
        order = keys if seed == 0 else keys[::-1] if seed == 1 else random.Random(seed).sample(keys, len(keys))  # noqa: S311  # an order, not a secret
        home = tmp_path / f"order{seed}"
        stores = open_stores(f"sqlite:///{home / 'r.db'}", str(home / "a"))
        for key in order:
            train(model, key, stores, run)
        champion = stores.registry.champions.current("loans")
        assert champion is not None
        found.add((champion.window, stores.registry.versions.get("loans", champion.version).artifact))
        stores.registry.audit.verify("loans")
    assert len(found) == 1


def test_a_late_older_window_is_let_through_and_not_promoted(make: Make, stores: Stores, run: Run) -> None:
    model = make()
    train(model, "2020-01", stores, run)
    train(model, "2020-05", stores, run)
    late = train(model, "2020-02", stores, run)
    assert (late.decision, late.promoted, late.champion) == ("promote", False, 2)
    assert stores.registry.versions.get("loans", late.version).state == "archived"
    scorer = steps.may_score(model, model.cadence.window("2020-03"), stores)
    assert scorer is not None
    assert (scorer.version, scorer.epoch) == (late.version, 0)
    assert len(stores.registry.champions.promotions("loans")) == 2


def test_a_rollback_is_a_persons_verb_and_automation_does_not_undo_it(make: Make, stores: Stores, run: Run) -> None:
    model = make()
    train(model, "2020-01", stores, run)
    train(model, "2020-05", stores, run)
    with pytest.raises(IllegalMove):
        steps.rollback(model, 1, stores, run.model_copy(update={"reason": ""}))
    assert steps.rollback(model, 1, stores, run).version == 1
    automation = run.model_copy(update={"actor": "monitor"})
    champion = stores.registry.champions.current("loans")
    assert champion is not None
    with pytest.raises(RolledBack):
        steps.promote(model, 2, stores, automation, expected_epoch=champion.epoch)
    assert [promotion.kind for promotion in stores.registry.champions.promotions("loans")] == [
        "rollback",
        "promote",
        "promote",
    ]
    assert train(model, "2020-06", stores, automation).champion == 3


def test_a_decision_taken_on_an_old_pointer_is_stale(make: Make, stores: Stores, run: Run) -> None:
    model = make()
    train(model, "2020-01", stores, run)
    outcome = train(model.revised(gate=Gate(approval="always")), "2020-02", stores, run)
    assert outcome.decision == "needs_approval"
    train(model, "2020-05", stores, run)
    with pytest.raises(StaleChampion):
        steps.promote(model, outcome.version, stores, run, expected_epoch=1)


def test_a_version_judged_again_is_not_promoted_past_the_person_it_needs(make: Make, stores: Stores, run: Run) -> None:
    model = make()
    train(model, "2020-01", stores, run)
    asking = model.revised(gate=Gate(approval="always"))
    waiting = train(asking, "2020-02", stores, run)
    with pytest.raises(StaleChampion, match="needs a person"):
        steps.settle(asking, waiting.version, stores, run, expected_epoch=0)
    champion = stores.registry.champions.current("loans")
    assert champion is not None
    assert champion.version == 1


def test_the_champion_of_a_past_moment_is_known(make: Make, stores: Stores, run: Run) -> None:
    model = make()
    train(model, "2020-01", stores, run)
    between = datetime.now(UTC)
    train(model, "2020-05", stores, run)
    then, now = stores.registry.champions.current("loans", between), stores.registry.champions.current("loans")
    assert then is not None and now is not None
    assert (then.version, now.version) == (1, 2)
    assert stores.registry.champions.current("loans", datetime(2020, 1, 1, tzinfo=UTC)) is None


def test_outcomes_that_are_not_due_do_not_exist(make: Make, stores: Stores, run: Run) -> None:
    model = make()
    train(model, "2020-01", stores, run)
    early = run.model_copy(update={"as_of": datetime(2020, 3, 1, 12, tzinfo=UTC)})
    with pytest.raises(ImmatureOutcomes, match="2020-03-03"):
        train(model, "2020-02", stores, early)
    assert score_and_monitor(model, "2020-02", stores, early) == "insufficient_data"
    assert score_and_monitor(model, "2020-02", stores, run) == "hold"


def test_a_window_that_has_not_ended_or_was_never_is_refused(make: Make, stores: Stores, run: Run) -> None:
    model = make()
    with pytest.raises(FutureWindow):
        train(model, "2022-01", stores, run)
    with pytest.raises(InvalidWindow, match="before the source starts"):
        train(model, "2019-11", stores, run)
    assert stores.registry.models.all() == []


def test_a_window_nobody_scored_is_no_decision_until_its_scores_are_overdue(
    make: Make, stores: Stores, run: Run
) -> None:
    model = make(outcome_after="0d", max_missing_outcomes=0.9, schedule=Schedule(spread=False))
    train(model, "2020-01", stores, run)
    early = run.model_copy(update={"as_of": datetime(2020, 3, 1, 6, 59, tzinfo=UTC)})
    waiting = runner.run_monitor(model, model.cadence.window("2020-02"), stores, early)
    assert waiting.decision == "insufficient_data"
    assert "was not scored" in waiting.reasons[0].headline
    result = runner.run_monitor(model, model.cadence.window("2020-02"), stores, run)
    assert result.decision == "alert"
    assert result.reasons[0].headline == "Window 2020-02 was not scored in time: due 2020-03-01 07:00 UTC"
    nobody = runner.run_monitor(model, model.cadence.window("2020-01"), stores, run)
    assert nobody.decision == "insufficient_data"
    assert "no version that may score it" in nobody.reasons[0].headline


def test_a_broken_window_that_was_refused_before_scoring_still_alerts(make: Make, stores: Stores, run: Run) -> None:
    def thousandfold(frame: pd.DataFrame) -> pd.DataFrame:
        broken = frame["applied_at"] >= pd.Timestamp("2020-05-01", tz="UTC")
        return frame.assign(income=np.where(broken, 1000 * frame["income"], frame["income"]))

    model = make(thousandfold, expect="tests.unit.steps.test_runs:small")
    train(model, "2020-01", stores, run)
    with pytest.raises(ExpectationsFailed):
        runner.run_score(model, model.cadence.window("2020-05"), stores, run)
    result = runner.run_monitor(model, model.cadence.window("2020-05"), stores, run)
    assert result.decision == "alert"
    assert "income" in result.reasons[0].headline


def small() -> list[object]:
    """Return an expectation that rows in the usual unit meet."""
    import great_expectations.expectations as gxe

    return [gxe.ExpectColumnValuesToBeBetween(column="income", min_value=-50, max_value=50)]


def test_a_broken_feed_alerts_and_never_retrains(make: Make, stores: Stores, run: Run) -> None:
    def fahrenheit(frame: pd.DataFrame) -> pd.DataFrame:
        broken = frame["applied_at"] >= pd.Timestamp("2020-05-01", tz="UTC")
        return frame.assign(income=np.where(broken, 1000 * frame["income"], frame["income"]))

    model = make(fahrenheit)
    train(model, "2020-01", stores, run)
    assert score_and_monitor(model, "2020-05", stores, run) == "alert"
    assert stores.registry.monitoring.requests("loans") == []


def test_failed_expectations_keep_their_document_and_stop_the_run(make: Make, stores: Stores, run: Run) -> None:
    model = make(expect="tests.unit.steps.test_runs:impossible")
    with pytest.raises(ExpectationsFailed, match="income"):
        train(model, "2020-01", stores, run)
    assert stores.registry.versions.all("loans") == []
    assert any(event.kind == "snapshot.validated" for event in stores.registry.audit.events("loans"))


SEVERITIES = {
    "critical, a feature": ("income", "critical", "refused", "refused", "alert"),
    "critical, the key": ("loan_id", "critical", "refused", "refused", "alert"),
    "critical, the target": ("default", "critical", "scored", "refused", "alert"),
    "critical, a carried column": ("street", "critical", "scored", "trained", "told"),
    "warning, a feature": ("income", "warning", "scored", "trained", "told"),
    "warning, the target": ("default", "warning", "scored", "trained", "told"),
    "info, the target": ("default", "info", "scored", "trained", "told"),
}


def unmet(*cases: tuple[str, str]) -> str:
    """Return the path of a function of its own, for each is called once.

    It returns the expectations under test, which no row meets, and one about the table that every window does.
    """

    def listed() -> list[object]:
        import great_expectations.expectations as gxe

        kind: Any = gxe.ExpectColumnValuesToBeInSet
        wrong = [kind(column=column, value_set=["none"], severity=severity) for column, severity in cases]
        return [gxe.ExpectTableRowCountToBeBetween(min_value=1), *wrong]

    name = "_".join(["suite", *(part for case in cases for part in case)])
    globals()[name] = listed
    return f"{__name__}:{name}"


@pytest.mark.parametrize("case", SEVERITIES)
def test_an_expectation_stops_what_needs_its_column_and_only_if_it_is_critical(
    make: Make, stores: Stores, run: Run, case: str
) -> None:
    column, severity, scored, trained, watched = SEVERITIES[case]
    train(make(lambda frame: frame.assign(street="a"), carry=("street",), expect=unmet()), "2020-01", stores, run)
    model = make(lambda frame: frame.assign(street="a"), carry=("street",), expect=unmet((column, severity)))
    window = model.cadence.window("2020-02")
    for verb, expected in ((runner.run_score, scored), (runner.run_train, trained)):
        if expected == "refused":
            with pytest.raises(ExpectationsFailed, match=column) as caught:
                verb(model, window, stores, run)
            assert "severity='warning'" in caught.value.remedy
        else:
            verb(model, window, stores, run)
    found = runner.run_monitor(model, window, stores, run, retrain=False, report=False)
    told = [item for item in found.checks if item.check == "expectations"]
    assert (found.decision == "alert") == (watched == "alert"), found.headline
    assert [column in item.detail for item in told] == ([True] if watched == "told" else [])


def test_no_value_of_a_row_that_was_not_expected_gets_into_the_registry(make: Make, stores: Stores, run: Run) -> None:
    """Rows of a registry are kept for good; snapshots, and the document beside them, can be removed."""
    names = [f"name of person {number}" for number in range(40)]
    model = make(
        lambda frame: frame.assign(street=[names[number % 40] for number in range(len(frame))]),
        carry=("street",),
        expect=unmet(("street", "critical"), ("default", "critical"), ("loan_id", "warning")),
        owner="risk",
    )
    window = model.cadence.window("2020-01")
    with pytest.raises(ExpectationsFailed) as caught:
        runner.run_train(model, window, stores, run)
    assert "default" in str(caught.value)
    taken = stores.registry.snapshots.latest("loans", "2020-01", mature_only=True)
    assert taken is not None
    (found,) = stores.registry.snapshots.validations("loans", taken.digest)
    assert found.document is not None
    assert b"name of person" in stores.artifacts.get(found.document)
    kept = "\n".join(str(row.values) for row in stores.registry.audit.rows("loans"))
    assert "name of person" not in kept
    assert "street" in kept


def test_expectations_that_are_mended_let_a_snapshot_be_learned_from(make: Make, stores: Stores, run: Run) -> None:
    for expect, refused in ((unmet(), False), (unmet(("default", "critical")), True), (unmet(), False)):
        model = make(expect=expect)
        if refused:
            with pytest.raises(ExpectationsFailed):
                train(model, "2020-01", stores, run)
        else:
            assert train(model, "2020-01", stores, run).version == 1


def impossible() -> list[object]:
    """Return an expectation that no row meets."""
    import great_expectations.expectations as gxe

    return [gxe.ExpectColumnValuesToBeBetween(column="income", min_value=100, max_value=101)]


@pytest.mark.parametrize("task", ["multiclass", "regression"])
def test_the_other_tasks_go_the_whole_way(task: str, make: Make, stores: Stores, run: Run) -> None:
    def change(frame: pd.DataFrame) -> pd.DataFrame:
        signal = frame["debt"] - frame["income"] + 0.5 * np.random.default_rng(1).standard_normal(len(frame))
        labels = np.where(signal < -0.5, "low", np.where(signal > 0.5, "high", "mid"))
        return frame.assign(default=signal if task == "regression" else labels)

    name = "LinearRegression" if task == "regression" else "LogisticRegression"
    from windvane import Estimator

    model = make(change, task=task, estimator=Estimator(f"sklearn.linear_model:{name}"))
    assert train(model, "2020-01", stores, run).champion == 1
    assert score_and_monitor(model, "2020-02", stores, run) == "hold"


def test_made_features_go_the_whole_way(make: Make, stores: Stores, run: Run) -> None:
    features = Features(numbers=("income", "debt"), make="tests.unit.steps.test_runs:ratio", made=("ratio",))
    model = make(features=features)
    assert train(model, "2020-01", stores, run).champion == 1
    assert score_and_monitor(model, "2020-02", stores, run) == "hold"


def ratio(frame: pd.DataFrame) -> pd.DataFrame:
    """Add a derived column."""
    return frame.assign(ratio=frame["debt"] * frame["income"])


def test_the_gate_evaluates_again_where_another_version_is_the_one_to_compare_with(
    make: Make, stores: Stores, run: Run
) -> None:
    """March was evaluated beside January; before its gate, February's version became champion."""
    model = make()
    assert train(model, "2020-01", stores, run).promoted
    march = model.cadence.window("2020-03")
    taken = steps.snapshot(model, march, stores, run)
    version = steps.train(model, march, taken.digest, stores, run).version
    assert steps.evaluate(model, version, stores, run).champion == 1
    february = train(model, "2020-02", stores, run)
    assert february.promoted
    result = steps.gate(model, version, stores, run)
    kept = stores.registry.versions.get(model.name, version)
    assert kept.evaluation == result.evaluation
    assert Evaluation.from_json(stores.artifacts.get(result.evaluation)).champion == february.version
    assert not any("cannot be compared" in verdict.headline for verdict in result.verdicts)


_WITHOUT = """
import sys
from pathlib import Path

from tests.unit.steps.conftest import DECLARED, GATE, Model, Run, Source, UTC, datetime, open_home, runner, year

home = Path(sys.argv[1])
year(400).to_parquet(home / "rows.parquet")
model = Model(**DECLARED, source=Source.parquet(str(home / "rows.parquet")), gate=GATE)
run = Run(actor="cli:tester", as_of=datetime(2021, 6, 1, tzinfo=UTC), reason="a test")
stores = open_home(home)
runner.run_train(model, model.cadence.window("2020-01"), stores, run)
runner.run_score(model, model.cadence.window("2020-02"), stores, run)
runner.run_monitor(model, model.cadence.window("2020-02"), stores, run, report=False)
print(*sorted({"airflow", "evidently", "great_expectations", "shap"} & sys.modules.keys()))
"""


def test_a_model_without_expectations_of_its_own_imports_nothing_that_it_does_not_use(tmp_path: Path) -> None:
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(["include", "."])}
    command, root = [sys.executable, "-c", _WITHOUT, str(tmp_path)], Path(__file__).resolve().parents[3]
    done = subprocess.run(command, cwd=root, env=environment, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == ""
