"""Spending: what all looks of a year spend together is the declared rate."""

from __future__ import annotations

import pytest

from tests.unit.lifecycle.examples import model_with
from windvane import Monitor
from windvane.lifecycle.alpha_spending import level, looks_a_year
from windvane.spec import default_checks


@pytest.mark.parametrize(("window", "looks"), [("month", 12), ("week", 52), ("day", 365.25), ("6h", 1461)])
def test_all_checks_of_all_windows_of_a_year_spend_the_years_rate(window: str, looks: float) -> None:
    model = model_with(window=window)
    assert looks_a_year(model.cadence) == looks
    spent = sum(level(model, check) for check in default_checks() if check != "estimated_performance")
    assert spent * looks == pytest.approx(0.1)
    assert level(model, "performance") == pytest.approx(spent / 2)


def test_a_window_never_spends_more_than_its_own_rate() -> None:
    model = model_with(monitor=Monitor(alpha_year=0.99, alpha=0.01))
    spent = sum(level(model, check) for check in default_checks() if check != "estimated_performance")
    assert spent == pytest.approx(0.01)


@pytest.mark.parametrize("checks", [("quality", "data_drift"), ("performance",)])
def test_declared_checks_alone_share(checks: tuple[str, ...]) -> None:
    model = model_with(monitor=Monitor(checks=checks))
    assert sum(level(model, check) for check in model.monitor.checks) == pytest.approx(0.1 / 12)
