"""A recipe that is good on the last days of its own window, and worse than no features a window later, is found."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pandas as pd  # noqa: TC002 (as the other tests)
import pytest
from starlette.testclient import TestClient

from tests.unit.web.conftest import ORIGIN, SECRET, Roles, Surroundings
from windvane import Estimator, Features, Gate, Model, rule, steps
from windvane.cli.evidence import evaluation_blocks
from windvane.lifecycle import train as training
from windvane.lifecycle.document import markdown
from windvane.pipeline import runner
from windvane.results import Evaluation, GateResult, Run, Verdict
from windvane.stores import Stores
from windvane.web.app import create_app
from windvane.web.host import Host

BACKTEST = Gate(rule.better_than_baseline(), rule.backtest(), too_good="ignore")
DATED: dict[str, Any] = {
    "features": Features(numbers=("day", "debt")),
    "estimator": Estimator("sklearn.linear_model:LinearRegression"),
    "task": "regression",
    "target": "price",
}
"""A date as a number: it rises within each month, as prices do, and goes on rising."""

Make = Callable[..., Model]


def dated(frame: pd.DataFrame) -> pd.DataFrame:
    """Return prices that rise within each month and begin anew, beside the days since the year began."""
    days = (frame["applied_at"] - frame["applied_at"].min()).dt.total_seconds() / 86_400
    within = frame["applied_at"].dt.day + frame["applied_at"].dt.hour / 24
    return frame.assign(day=days, price=20.0 * within + 5.0 * frame["debt"]).drop(columns=["income", "default"])


def verdict(found: GateResult | None) -> Verdict:
    """Return the rule's verdict."""
    assert found is not None
    return next(item for item in found.verdicts if item.rule.startswith("backtest"))


def evaluated(number: int, stores: Stores) -> Evaluation:
    """Return a version's evaluation."""
    version = stores.registry.versions.get("loans", number)
    assert version.evaluation is not None
    return Evaluation.from_json(stores.artifacts.get(version.evaluation))


def page_of(number: int, stores: Stores) -> str:
    """Return a version's page as a viewer sees it."""
    app = create_app(Host(lambda: stores, Roles(), Surroundings(), SECRET))
    with TestClient(app, headers={"x-role": "viewer"}, base_url=ORIGIN) as client:
        return client.get(f"/models/loans/versions/{number}").text


def test_a_date_that_is_taken_as_a_number_passes_on_its_own_days_and_fails_a_window_later(
    make: Make, stores: Stores, run: Run
) -> None:
    model = make(dated, **DATED, gate=BACKTEST, history=2)
    first = runner.run_train(model, model.cadence.window("2020-01"), stores, run)
    assert first.decision == "promote", "one window of history tests nothing"
    assert verdict(stores.registry.versions.get("loans", 1).gate).headline.endswith("not tested")
    found = runner.run_train(model, model.cadence.window("2020-02"), stores, run)
    assert found.decision == "reject"
    gate = stores.registry.versions.get("loans", 2).gate
    assert gate is not None
    assert [item.outcome for item in gate.verdicts] == ["pass", "pass", "fail"]
    said = verdict(gate)
    assert said.headline == "mse on the next window, 2020-02, not worse than the baseline: fail"
    told, own = evaluated(2, stores), {item.name: item.value or 0.0 for item in said.numbers}
    assert told.backtest is not None
    assert (told.backtest.window, told.backtest.rows, told.backtest.trained_rows) == ("2020-02", 900, 630)
    assert own["mse on 2020-02"] > 3 * own["mse on the holdout"]
    card = markdown(steps.card(model, 2, stores)).replace("\\", "")
    assert "## A window later" in card
    assert "fitted on 630 rows before 2020-02, on the 900 rows of 2020-02" in card
    page = " ".join(page_of(2, stores).split())
    assert "A window later" in page
    assert "fitted on 630 rows before 2020-02, on the 900 rows of 2020-02" in page
    assert '<th scope="row">mse</th>' in page
    shown = "\n".join(str(getattr(block, "plain", "")) for block in evaluation_blocks(told, {}))
    assert "fitted on 630 rows before 2020-02, on its 900 rows" in shown
    assert "There is no window before 2020-01." in page_of(1, stores)


def test_asked_instead_it_is_a_question_and_an_honest_recipe_passes(make: Make, stores: Stores, run: Run) -> None:
    asking = Gate(rule.better_than_baseline(), rule.ask(rule.backtest()), too_good="ignore")
    model = make(dated, **DATED, gate=asking, history=2)
    assert runner.run_train(model, model.cadence.window("2020-02"), stores, run).decision == "needs_approval"
    honest = make(name="honest", gate=BACKTEST)
    found = runner.run_train(honest, honest.cadence.window("2020-03"), stores, run)
    assert found.decision == "promote"
    assert verdict(stores.registry.versions.get("honest", found.version).gate).outcome == "pass"


def test_it_is_the_version_of_the_window_before_and_is_fitted_once(
    make: Make, stores: Stores, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With and without `refit`: its loss is what the version trained a window earlier loses on the newest window."""
    fits: list[int] = []
    fit = training.fit

    def counted(rows: pd.DataFrame, *others: Any) -> Any:
        fits.append(len(rows))
        return fit(rows, *others)

    monkeypatch.setattr("windvane.lifecycle.backtest.fit", counted)
    for name, refit, learned in (("plain", False, 1530), ("again", True, 1800)):
        model = make(name=name, gate=BACKTEST, refit=refit)
        window = model.cadence.window("2020-03")
        runner.run_train(model, model.cadence.window("2020-02"), stores, run)
        runner.run_score(model, window, stores, run)
        watched = runner.run_monitor(model, window, stores, run)
        fits.clear()
        found = runner.run_train(model, window, stores, run)
        version = stores.registry.versions.get(name, found.version)
        kept = Evaluation.from_json(stores.artifacts.get(version.evaluation or "")).backtest
        assert kept is not None
        assert fits == [learned]
        (loss,) = kept.metrics
        assert loss.value == pytest.approx(watched.loss, rel=1e-12)
        again = steps.evaluate(model, version.version, stores, run, 0)
        assert again.backtest == kept
        assert fits == [learned], "what was measured once is not measured again"


def test_without_the_rule_nothing_is_fitted_and_with_other_code_nothing_is_claimed(
    make: Make, stores: Stores, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    plain = make()
    found = runner.run_train(plain, plain.cadence.window("2020-02"), stores, run)
    assert evaluated(found.version, stores).backtest is None
    model = make(gate=BACKTEST)
    monkeypatch.setattr("windvane.stores.code.code_digest", lambda _: "sha256:other")
    told = steps.evaluate(model, found.version, stores, run)
    assert told.backtest is not None
    assert told.backtest.problem.startswith("The project's code is not what the version was made with")
    judged = steps.gate(model, found.version, stores, run.model_copy(update={"reason": "with another rule"}))
    if judged.evaluation == told.sha256:
        assert verdict(judged).outcome == "inconclusive"
