"""All checks of a window together: whatever is wrong with its rows, each has a named result, and the others go on."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from tests.unit.lifecycle.examples import model_with, rows_of
from windvane import Features, Monitor
from windvane.lifecycle.alpha_spending import level
from windvane.lifecycle.answers import Answers, answer
from windvane.lifecycle.checks.case import Evidence, Work
from windvane.lifecycle.coerce import coerce
from windvane.lifecycle.features import design
from windvane.lifecycle.reference import reference_profile
from windvane.lifecycle.scored_rows import ScoredRows
from windvane.lifecycle.train import score_rows, train
from windvane.open_list import Found
from windvane.results import CheckOutcome, CheckResult, MonitorResult
from windvane.spec import CHECKS, Check, Model, default_checks

FEATURES = Features(numbers=("income", "debt"), categories=("region",))


def build(random_state: int = 0) -> Any:
    from sklearn.compose import ColumnTransformer
    from sklearn.impute import SimpleImputer
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import OneHotEncoder

    codes = OneHotEncoder(handle_unknown="ignore")
    numbers = SimpleImputer(keep_empty_features=True)
    columns = ColumnTransformer([("n", numbers, ["income", "debt"]), ("c", codes, ["region"])])
    return make_pipeline(columns, LogisticRegression(random_state=random_state))


def linear() -> Any:
    from sklearn.linear_model import Ridge
    from sklearn.pipeline import make_pipeline

    return make_pipeline(build().steps[0][1], Ridge())


class World:
    """A trained version, and the windows it is watched on."""

    def __init__(self, task: str = "binary", **fields: Any) -> None:
        declared = {"task": task, "max_missing_outcomes": 0.5, "protected": ("region",)} | fields
        self.model: Model = model_with(**declared)
        self.trained = train([rows_of(3000, task=task)], self.model, linear if task == "regression" else build, None)
        self.reference = reference_profile(self.trained, self.model, None, "2020-02")
        self.window = self.model.cadence.window("2020-02")

    def answers(self, frame: pd.DataFrame, **more: Any) -> Answers:
        rows, problems = coerce(frame, self.model, self.window)
        evidence: dict[str, Any] = {"mature": True, "problems": problems} | more
        features, scored = None, None
        if rows is not None:
            features = design(rows, self.model, None)
            table = score_rows(self.trained.estimator, features, self.model)
            names = [f"score_{label}" for label in getattr(self.trained.estimator, "classes_", [])]
            names = names if self.model.task == "multiclass" else ["score"]
            scored = ScoredRows(rows, pd.DataFrame(table.reshape(len(rows), -1), columns=names))
        return answer(Evidence(self.window, rows, features, self.reference, scored, **evidence), self.model)


@pytest.fixture(scope="module")
def world() -> World:
    return World()


def outcomes(answers: Answers) -> dict[str, str]:
    return {item.check: item.outcome for item in answers.checks}


def message(answers: Answers, check: str) -> str:
    found = next(item for item in answers.checks if item.check == check)
    return f"{found.headline}. {found.detail}"


def test_a_window_of_the_same_world_is_well_in_every_respect(world: World) -> None:
    found = world.answers(rows_of(1500, seed=1))
    assert outcomes(found) == dict.fromkeys(default_checks(), "ok")
    assert found.loss is not None and found.estimated_loss is not None
    assert abs(found.loss - found.estimated_loss) < 0.05
    assert found.outcomes == 1500


@pytest.mark.parametrize("task", ["regression", "multiclass"])
def test_the_other_tasks_are_answered_too(task: str) -> None:
    found = World(task).answers(rows_of(1500, seed=1, task=task))
    assert outcomes(found) == dict.fromkeys(default_checks(), "ok")
    assert found.loss == pytest.approx(found.estimated_loss, rel=0.15)


@pytest.mark.parametrize("runs", [10])
def test_equal_worlds_hardly_ever_alarm(world: World, runs: int) -> None:
    """Any finding of any check in windows alike is Binomial(runs, 0.1 / 12) at most."""
    random = np.random.default_rng(0)
    alarms = 0
    for _ in range(runs):
        rows = int(random.integers(60, 900))
        alarms += "finding" in outcomes(world.answers(rows_of(rows, seed=int(random.integers(1, 2**31))))).values()
    assert alarms <= stats.binom.ppf(0.999, runs, 0.1 / 12)


def month(frame: pd.DataFrame, **columns: Any) -> pd.DataFrame:
    return frame.assign(**columns)


BAD: dict[str, tuple[Callable[[pd.DataFrame], Any], str]] = {
    "no frame": (lambda frame: None, "SourceFailed"),
    "empty": (lambda frame: frame.iloc[:0], "EmptyWindow"),
    "no key": (lambda frame: frame.drop(columns="loan_id"), "MissingColumn"),
    "column gone": (lambda frame: frame.drop(columns="debt"), "MissingColumn: column 'debt' is gone"),
    "column added": (lambda frame: month(frame, iban="DE"), "UnexpectedColumn: iban not declared"),
    "column retyped": (lambda frame: month(frame, income="much"), "WrongType"),
    "infinite": (lambda frame: month(frame, income=frame["income"].mask(frame.index < 9, np.inf)), "InfiniteValue"),
    "all missing": (lambda frame: month(frame, income=np.nan), "income is missing in 100 %"),
    "other windows": (
        lambda frame: month(frame, applied_at=frame["applied_at"] + pd.Timedelta(days=20)),
        "OutsideWindow: ",
    ),
    "keys twice": (lambda frame: pd.concat([frame, frame.iloc[:50]]), "DuplicateKey: 50 of 1,550 rows"),
    "target of another domain": (lambda frame: month(frame, default=7.0), "InvalidTarget"),
    "naive times": (lambda frame: month(frame, applied_at=frame["applied_at"].dt.tz_localize(None)), "NaiveTimestamp"),
    "stuck": (lambda frame: month(frame, debt=0.0), "debt is 0 in 100 % of the rows"),
    "renamed": (
        lambda frame: month(frame, region=frame["region"].replace("north", "NORTH")),
        "values never seen",
    ),
    "swapped": (
        lambda frame: month(frame, income=frame["income"] * 1000),
        "income looks like values multiplied by 1,000",
    ),
    "silent": (lambda frame: frame.iloc[:700], "No row after"),
}


@pytest.mark.parametrize("kind", BAD)
def test_broken_rows_are_named_and_every_check_has_a_result(kind: str, world: World) -> None:
    change, named = BAD[kind]
    found = world.answers(change(rows_of(1500, seed=1)))
    assert outcomes(found)["quality"] == "finding"
    assert named in message(found, "quality")
    assert set(outcomes(found)) - {"drift_sources", "limits"} == set(default_checks())


@pytest.mark.parametrize(
    "change",
    [
        lambda frame: frame.iloc[:1],
        lambda frame: frame.iloc[:2],
        lambda frame: month(frame, default=np.nan),
        lambda frame: month(frame, default=1.0),
        lambda frame: month(frame, income=5.0, debt=5.0, region="north"),
        lambda frame: month(frame, region=[f"r{index}" for index in range(len(frame))]),
        lambda frame: month(frame, region=frame["region"].mask(frame.index % 2 == 0, "all others")),
        lambda frame: month(frame, region=None),
    ],
    ids=[
        "one row",
        "two rows",
        "no outcome",
        "one class",
        "constant",
        "many values",
        "named like others",
        "all missing",
    ],
)
def test_odd_rows_are_answered_too(change: Callable[[pd.DataFrame], pd.DataFrame], world: World) -> None:
    found = world.answers(change(rows_of(1500, seed=1)))
    assert set(outcomes(found)) - {"drift_sources", "limits", "odd_data"} == set(default_checks())
    assert all(item.headline for item in found.checks)


def test_ten_thousand_categories_are_answered(world: World) -> None:
    frame = rows_of(10_000, seed=1)
    found = world.answers(month(frame, region=[f"r{index}" for index in range(len(frame))]))
    assert outcomes(found)["quality"] == "finding"


def test_scores_of_0_and_1_are_answered(world: World) -> None:
    frame = rows_of(1500, seed=1)
    rows, _ = coerce(frame, world.model, world.window)
    assert rows is not None
    hard = pd.DataFrame({"score": (rows["income"] > 0).astype(float)})
    evidence = Evidence(
        world.window, rows, design(rows, world.model, None), world.reference, ScoredRows(rows, hard), True
    )
    found = answer(evidence, world.model)
    assert set(outcomes(found)) - {"drift_sources", "limits"} == set(default_checks())
    assert outcomes(found)["performance"] == "finding"


def test_a_segment_whose_outcomes_changed_is_named(world: World) -> None:
    frame = rows_of(4000, seed=1)
    chosen = frame["region"] == "north"
    flipped = frame["default"].mask(chosen, (np.random.default_rng(0).random(len(frame)) < 0.9).astype(float))
    found = world.answers(month(frame, default=flipped))
    assert outcomes(found)["concept_drift"] == "finding"
    assert "in region=north" in message(found, "concept_drift")
    assert outcomes(found)["data_drift"] == "ok"
    assert "The slices that lost most: " in message(found, "drift_sources")
    assert "first seen in this window" in message(found, "drift_sources")


def test_scores_that_lost_their_meaning_are_found_and_how_far(world: World) -> None:
    frame = rows_of(4000, seed=1)
    more = frame["default"].where(np.random.default_rng(0).random(len(frame)) > 0.3, 1.0)
    found = world.answers(month(frame, default=more))
    assert outcomes(found)["calibration"] == "finding"
    assert "percentage points on average" in message(found, "calibration")


def test_a_group_decided_otherwise_is_found() -> None:
    world = World(features=FEATURES)
    frame = rows_of(4000, seed=1)
    moved = month(frame, income=frame["income"] + 1.0 * (frame["region"] == "north"))
    found = world.answers(moved)
    assert outcomes(found)["fairness"] == "finding"
    assert "region=north" in message(found, "fairness") or "region=south" in message(found, "fairness")


def test_the_columns_that_moved_and_matter_explain_what_was_found(world: World) -> None:
    frame = rows_of(3000, seed=1)
    said = MonitorResult(
        model="loans",
        window="2020-01",
        decision="hold",
        reasons=(),
        version=1,
        checks=world.answers(month(frame, income=frame["income"] + 1.5)).checks,
    )
    found = world.answers(month(frame, income=frame["income"] + 1.5), past=(said,))
    why = next(item for item in found.checks if item.check == "drift_sources")
    assert why.columns == ("income",)
    assert why.headline.endswith("income, since 2020-01")


def test_a_joint_change_is_seen_by_a_classifier_alone() -> None:
    model = model_with(monitor=Monitor(checks=("data_drift", "multivariate_drift")))
    world = World(monitor=model.monitor)
    frame = rows_of(2500, seed=1)
    then = design(frame, world.model, None)
    tied = month(frame, debt=frame["income"].to_numpy() * np.where(np.arange(len(frame)) % 2, 1, -1))
    found = world.answers(tied, reference_rows=then)
    assert outcomes(found) == {"data_drift": "ok", "multivariate_drift": "finding"}
    same = world.answers(rows_of(2500, seed=2), reference_rows=then)
    assert outcomes(same)["multivariate_drift"] == "ok"


def test_outcomes_that_have_not_come_leave_the_estimate(world: World) -> None:
    frame = rows_of(1500, seed=1)
    few = month(frame, default=frame["default"].where(frame.index < 300))
    found = world.answers(few)
    assert outcomes(found)["performance"] == "insufficient_data"
    assert "300 of 1,500 outcomes are known" in message(found, "performance")
    assert found.loss is None
    assert found.estimated_loss is not None


def test_an_estimate_is_held_to_the_outcomes_that_came(world: World) -> None:
    """Where outcomes turned against the scores, the estimate does not see it, and comes to say so."""
    frame = rows_of(2000, seed=1)
    turned = world.answers(month(frame, default=1 - frame["default"]))
    assert turned.loss is not None and turned.estimated_loss is not None
    assert turned.loss > turned.estimated_loss + 0.2
    fields: dict[str, Any] = {"model": "loans", "decision": "retrain", "reasons": (), "version": 1}
    fields["checks"] = turned.checks
    past = tuple(
        MonitorResult(window=key, loss=turned.loss, estimated_loss=turned.estimated_loss, **fields)
        for key in ("2020-01", "2019-12")
    )
    again = world.answers(frame, past=past)
    assert message(again, "estimated_performance").startswith(
        "The estimate is not to be trusted: it missed 2 of the last 2"
    )


class Mean(Check):
    """A check as another package would bring it: does the mean of income lie where it did?"""

    name = "mean_income"
    label = "Mean income"
    needs = ("rows", "reference", "scores")
    unit = "units"

    def answer(self, work: Work) -> CheckResult:
        assert work.evidence.features is not None
        mean = float(work.evidence.features["income"].mean())
        if mean > 100:
            raise ZeroDivisionError(mean)
        outcome: CheckOutcome = "finding" if abs(mean) > 1 else "ok"
        return CheckResult(check=self.name, outcome=outcome, headline="Income lies elsewhere", effect=mean)


@pytest.fixture
def own(monkeypatch: pytest.MonkeyPatch) -> World:
    """A world whose monitor names that check too."""
    monkeypatch.setitem(CHECKS._found, "mean_income", Found(Mean, "acme 1"))
    return World(monitor=Monitor(checks=("quality", "performance", "mean_income")))


def test_a_check_of_another_package_answers_beside_the_others(own: World) -> None:
    frame = rows_of(1500, seed=1)
    assert outcomes(own.answers(frame)) == {"quality": "ok", "performance": "ok", "mean_income": "ok"}
    found = own.answers(month(frame, income=frame["income"] + 2))
    (result,) = [item for item in found.checks if item.check == "mean_income"]
    assert (result.outcome, result.unit) == ("finding", "units")
    assert level(own.model, "mean_income") == level(own.model, "quality") == level(own.model, "performance") / 2


def test_a_check_of_another_package_that_lacks_its_scores_is_never_called(own: World) -> None:
    rows, _ = coerce(rows_of(1500, seed=1), own.model, own.window)
    assert rows is not None
    found = answer(Evidence(own.window, rows, design(rows, own.model, None), own.reference), own.model)
    assert outcomes(found)["mean_income"] == "insufficient_data"
    assert message(found, "mean_income").startswith("Window 2020-02 was not scored: nothing to compare")


def test_a_check_of_another_package_that_fails_keeps_no_other_from_its_answer(own: World) -> None:
    frame = rows_of(1500, seed=1)
    found = own.answers(month(frame, income=frame["income"] + 1e3))
    assert outcomes(found)["mean_income"] == "insufficient_data"
    assert "Mean income could not be answered. ZeroDivisionError: " in message(found, "mean_income")
    assert outcomes(found)["performance"] in ("ok", "finding")
