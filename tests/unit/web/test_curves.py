"""The curves of a version's page: what is drawn of an evaluation, and the points behind it."""

from __future__ import annotations

from tests.unit.stores.examples import MODEL
from tests.unit.web.year import evaluation_of
from windvane.results import Curve, CurvePoint
from windvane.stores import Stores
from windvane.web.pages.curves import figures


def test_a_regression_shows_its_mean_residuals_with_intervals_beside_the_champion(stores: Stores) -> None:
    points = (CurvePoint(x=100.0, y=90.0, low=85.0, high=95.0, rows=50), CurvePoint(x=200.0, y=204.0, rows=40))
    calm = CurvePoint(x=100.0, y=101.0, low=95.0, high=107.0, rows=50)
    found = (Curve(kind="calibration", of="own", points=points), Curve(kind="calibration", of="v1", points=(calm,)))
    evaluation = evaluation_of(stores.registry.versions.get(MODEL, 2)).model_copy(update={"curves": found})
    assert [figure.title for figure in figures(evaluation, "binary")] == ["Calibration"]
    _, residuals = figures(evaluation, "regression")
    assert residuals.heads == ("side", "prediction", "outcome less prediction, mean", "95 % interval", "rows")
    assert residuals.rows == [
        ("this version", "100", "-10", "-15 to -5", "50"),
        ("this version", "200", "4", "", "40"),
        ("v1", "100", "1", "-5 to 7", "50"),
    ]
    assert "in 1 of 1 bins of this version the interval of the mean residual leaves out 0" in residuals.chart
    assert ">-10<" in residuals.chart
    assert ">100<" in residuals.chart
    assert ">200<" in residuals.chart


def test_an_evaluation_without_curves_draws_none(stores: Stores) -> None:
    evaluation = evaluation_of(stores.registry.versions.get(MODEL, 2)).model_copy(update={"curves": ()})
    assert figures(evaluation, "regression") == []
    assert figures(None, "regression") == []
