"""A version with a leak is not promoted without a question, and the question is asked once."""

from __future__ import annotations

from collections.abc import Callable

import pandas as pd  # noqa: TC002 (as the other tests)
import pytest

from tests.unit.steps.conftest import GATE
from windvane import Estimator, Features, Model, steps
from windvane.pipeline import runner
from windvane.results import Run
from windvane.stores import Stores

LEAKY = Features(numbers=("income", "debt", "collected"))


def leaky(frame: pd.DataFrame) -> pd.DataFrame:
    """Add a column that is filled in only once a loan has failed."""
    return frame.assign(collected=frame["income"].abs().where(frame["default"] == 1))


@pytest.mark.parametrize(
    ("follows", "decision"),
    [("ask", "needs_approval"), ("warn", "promote"), ("reject", "reject"), ("ignore", "promote")],
)
def test_a_leak_is_told_and_does_what_the_spec_says(
    make: Callable[..., Model], stores: Stores, run: Run, follows: str, decision: str
) -> None:
    model = make(
        leaky,
        features=LEAKY,
        estimator=Estimator("sklearn.ensemble:HistGradientBoostingClassifier", max_iter=20),
        gate=GATE.model_copy(update={"too_good": follows}),
    )
    found = runner.run_train(model, model.cadence.window("2020-01"), stores, run)
    assert found.decision == decision
    said = " ".join(f"{reason.headline} {reason.detail}" for reason in found.reasons)
    assert ("Missing values alone tell it in collected" in said) == (follows != "ignore")
    if decision != "needs_approval":
        return
    numbers = {item.name: item for reason in found.reasons for item in reason.numbers}
    alone = numbers["removed by collected alone"].value
    assert alone is not None
    assert alone > 60
    steps.promote(model, found.version, stores, run)
    again = runner.run_train(model, model.cadence.window("2020-02"), stores, run)
    assert again.decision == "promote", "the champion has the column too, and a person let it through"


def test_what_is_not_declared_changes_no_digest() -> None:
    assert "too_good" not in GATE.model_dump(mode="json")
    assert GATE.model_copy(update={"too_good": "warn"}).model_dump(mode="json")["too_good"] == "warn"
