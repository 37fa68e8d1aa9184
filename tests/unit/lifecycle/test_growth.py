"""What more rows alone would win: measured once, and counted on as they come."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from tests.unit.lifecycle.test_probe import MODEL, OLD, SIGN, said, scored, window_of, world
from windvane.lifecycle.asking import asked
from windvane.lifecycle.decide import decide
from windvane.lifecycle.deciding import Past, Retrained
from windvane.lifecycle.foreseen import answered_by, foreseen_by, measured
from windvane.lifecycle.growth import Curve, halved
from windvane.lifecycle.probe import untrained
from windvane.lifecycle.scored_rows import ScoredRows
from windvane.lifecycle.train import fit, score_rows
from windvane.results import CheckResult, MonitorResult

QUIET = SIGN.model_copy(update={"outcome": "ok", "headline": "Nothing to win", "effect": 0.0, "details": {"sign": ""}})
CURVE = Curve(share=0.12, error=0.02, degrees=40, rows=400, grown=1.5, window="2020-05")


def wiggly() -> Any:
    """Return a curve with far more bends than its rows can tell."""
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import PolynomialFeatures, StandardScaler

    return make_pipeline(PolynomialFeatures(7), StandardScaler(), LogisticRegression(C=1000, max_iter=1000))


def line() -> Any:
    from sklearn.linear_model import LogisticRegression

    return LogisticRegression()


def with_curve(curve: Curve | None, version: int = 2, grown: float = 1.5, rows: int = 400) -> MonitorResult:
    kept = vars(curve) if curve else None
    return said("2020-05", version, grown=grown, champion_rows=rows, curve=kept, trained_rows=200)


TRIED = said("2020-04", grown=2.0, champion_rows=0)


def asks(*before: MonitorResult, rows: int = 400, grown: float, check: CheckResult = QUIET, version: int = 2) -> Any:
    past = Past(windows=before, version=version)
    return asked([check], MODEL, window=window_of("2020-06"), past=past, mature=True, rows=rows, grown=grown)


def curve_of(build: Any, seed: int) -> tuple[Any, pd.DataFrame]:
    own, newest = world(OLD, 600, seed), [world(OLD, 500, seed + 50), world(OLD, 500, seed + 70)]
    champion = fit(own, MODEL, build, None)[0]
    pairs = [
        ScoredRows(frame, pd.DataFrame({"score": score_rows(champion, frame[["income", "debt"]], MODEL)}))
        for frame in newest
    ]
    return halved(own, pairs, MODEL, build, None, None, "v2"), own


def test_a_curve_of_many_bends_has_more_to_win_and_a_line_has_not() -> None:
    found = asks(grown=1.6)
    assert (found.grown, found.rows, found.curve) == (1.6, 400, None)
    assert found.why.headline == "A retrain would learn from 1.6 times the rows"
    done, own = curve_of(wiggly, 1)
    assert done.trained == 600
    assert done.comparison.rows == 1000
    answer = measured(QUIET, found, done, MODEL, "2020-06")
    assert answer.outcome == "finding"
    curve = done.curve(found, "2020-06")
    assert curve is not None
    assert answer.effect == pytest.approx(curve.share * (1 - 1 / 1.6))
    gain = f"{100 * (answer.effect or 0.0):.1f} %"
    assert answer.headline == f"Retraining would gain about {gain} by 1.6 times the rows (needs 2 %)"
    assert (
        "A probe learned from each half of the 600 rows of v2. All scored the 1,000 outcomes since, and the better half"
        in answer.detail
    )
    assert answer.details["probe"]["curve"]["rows"] == 400
    assert len(own) == 600
    assert decide([answer], MODEL, window=window_of("2020-06"), mature=True).decision == "retrain"
    flat = measured(QUIET, found, curve_of(line, 1)[0], MODEL, "2020-06")
    assert flat.outcome == "ok"
    assert decide([flat], MODEL, window=window_of("2020-06"), mature=True).decision == "hold"


def test_lines_are_hardly_ever_said_to_win_by_more_rows() -> None:
    """Their curve is flat at these sizes: half the rows lose less than 1 % more."""
    found = [measured(QUIET, asks(grown=2.0), curve_of(line, 100 + seed)[0], MODEL, "w") for seed in range(20)]
    assert sum(item.outcome == "finding" for item in found) == 0


def test_whole_days_are_halved() -> None:
    seen: list[Any] = []

    def spying() -> Any:
        from sklearn.dummy import DummyClassifier
        from sklearn.pipeline import make_pipeline
        from sklearn.preprocessing import FunctionTransformer

        def noted(table: Any) -> Any:
            seen.append(table.copy())
            return table

        return make_pipeline(FunctionTransformer(noted), DummyClassifier())

    own = world(OLD, 600, 3)
    halved(own, [scored(world(OLD, 200, 5), own)], MODEL, spying, None, None, "v2")
    days = own["applied_at"].dt.floor("D")
    chosen = days.isin(days[own["income"].isin(seen[0]["income"])])
    assert len(seen[0]) == chosen.sum()
    assert 10 <= days[chosen].nunique() <= 17
    other = own["income"].isin(seen[2]["income"])
    assert (other == ~chosen).all(), "the other half is what is left"


def test_it_is_measured_with_half_as_many_rows_more_and_no_sooner() -> None:
    assert asks(grown=1.49) is None
    assert asks(grown=1.5).curve is None
    unsure = with_curve(Curve(0.1, 0.2, 40, 400, 1.5, "2020-05"))
    assert asks(unsure, grown=1.9) is None
    assert asks(unsure, TRIED, grown=2.2) is None
    again = asks(unsure, TRIED, grown=2.25)
    assert (again.grown, again.rows, again.curve) == (2.25, 400, None)
    failed = untrained(QUIET, asks(grown=1.5), "Too few.")
    kept = said("2020-05").model_copy(update={"checks": (failed,)})
    assert asks(kept, TRIED, grown=2.2) is None
    assert asks(kept, TRIED, grown=2.25).rows == 400
    flat = with_curve(Curve(0.0, 0.01, 40, 400, 1.5, "2020-05"))
    assert asks(flat, TRIED, grown=2.9) is None, "nothing is to be won, surely"


def test_twice_the_rows_ask_for_a_probe_too_where_the_curve_asks_for_no_retrain() -> None:
    """It says what more rows of the same world win; the newer rows may be of another."""
    flat = with_curve(Curve(0.0, 0.01, 40, 400, 1.5, "2020-05"))
    assert asks(flat, grown=1.9) is None
    found = asks(flat, grown=2.0)
    assert (found.grown, found.rows, found.curve) == (2.0, 0, None)
    tried = said("2020-05", grown=2.0, champion_rows=0)
    assert asks(tried, flat, grown=2.9) is None
    assert asks(tried, flat, grown=3.0).rows == 0
    unsure = with_curve(Curve(0.1, 0.2, 40, 400, 1.5, "2020-05"))
    assert asks(unsure, grown=2.2).rows == 0
    assert asks(grown=2.5).rows == asks(unsure, grown=2.5).rows == 400, "a curve goes before it"
    assert asks(with_curve(CURVE), grown=2.5).curve == CURVE, "and so does a retrain that surely pays"


def test_a_champion_whose_rows_are_not_known_has_no_curve() -> None:
    """Its snapshots are gone: twice the rows ask for a probe, as any."""
    assert asks(rows=0, grown=1.9) is None
    assert asks(rows=0, grown=2.0).rows == 0


def test_a_known_curve_retrains_without_another_probe_once_it_pays() -> None:
    small = Curve(0.05, 0.01, 40, 400, 1.5, "2020-05")
    assert asks(with_curve(small), grown=1.6) is None, "1.9 % would be won"
    found = asks(with_curve(small), grown=1.7)
    assert found.curve == small
    answer = answered_by(QUIET, found.curve, found, MODEL)
    assert answer.outcome == "finding"
    assert answer.headline == "Retraining would gain about 2.1 % by 1.7 times the rows (needs 2 %)"
    assert "The second half of 400 rows won 5.0 % of the loss, as measured with window 2020-05" in answer.detail
    assert "probe" not in answer.details
    conclusion = decide([answer], MODEL, window=window_of("2020-06"), mature=True)
    assert (conclusion.decision, conclusion.history) == ("retrain", ())


def test_the_next_champion_has_less_to_win_by_as_much_as_it_learned_more() -> None:
    found = asks(with_curve(CURVE, version=1), rows=600, grown=1.5)
    assert found.curve == CURVE
    assert answered_by(QUIET, CURVE, found, MODEL).effect == pytest.approx(0.12 * 400 / 600 / 3)
    assert asks(with_curve(CURVE, version=1), rows=1200, grown=1.5) is None


def test_nothing_is_asked_that_the_gate_would_refuse() -> None:
    """The champion loses to a constant; its gate sees 50 rows, or 800, of the 800 that the curve was measured on."""

    def pays(constant: float, gate: int) -> bool:
        return Curve(0.2, 0.05, 40, 400, 2.0, "2020-05", constant=constant, judged=800, gate=gate).pays(0.5, 0.02)

    assert pays(0.95, 50), "1 - 0.1 is below what the constant loses"
    assert not pays(0.85, 50)
    assert pays(0.85, 800)
    few = Curve(0.2, 0.05, 40, 400, 2.0, "2020-05", constant=0.85, judged=800, gate=50)
    answer = answered_by(QUIET, few, asks(grown=2.0), MODEL)
    assert (answer.outcome, answer.headline) == (
        "ok",
        "More rows would win 10.0 %, and a constant would still lose less",
    )
    assert asks(with_curve(few), TRIED, grown=2.0) is None


def test_each_refused_retrain_beside_a_champion_makes_more_rows_ask_with_twice_as_many_again() -> None:
    """A gate that refuses every version would refuse one each other window."""

    def refused(*outcomes: Any, grown: float) -> Any:
        starts = [window_of(key).start for key in ("2019-12", "2020-03")]
        retrains = tuple(Retrained(start, outcome) for start, outcome in zip(starts, outcomes, strict=False))
        past = Past(retrains, (with_curve(CURVE),), trained=window_of("2020-01").start, version=2)
        return asked([QUIET], MODEL, window=window_of("2020-06"), past=past, mature=True, rows=400, grown=grown)

    assert refused(grown=1.5).curve == CURVE
    assert refused("promoted", "refused", grown=2.9).curve is None
    assert refused("promoted", "failed", grown=2.9).curve is None
    assert refused("promoted", "refused", grown=3.0).curve == CURVE
    assert refused("refused", "open", grown=1.5).curve == CURVE, "that was beside the champion before"


def test_a_sign_goes_first() -> None:
    assert asks(with_curve(CURVE), grown=2.0, check=SIGN).curve is None


def test_the_gate_hears_of_it_only_beside_the_champion_it_was_measured_with() -> None:
    answer = answered_by(QUIET, CURVE, asks(with_curve(CURVE), grown=2.0), MODEL)
    kept = said("2020-06").model_copy(update={"checks": (answer,)})
    heard = foreseen_by(kept, 2)
    assert heard is not None
    assert heard.share == pytest.approx(0.06)
    assert heard.degrees == 40
    assert heard.error == pytest.approx(0.01)
    assert foreseen_by(kept, 3) is None
    assert foreseen_by(None, 2) is None
    assert foreseen_by(said("2020-06"), 2) is None
    lost = answered_by(QUIET, Curve(0.0, 0.01, 40, 400, 1.5, "w"), asks(grown=2.0), MODEL)
    assert foreseen_by(said("2020-06").model_copy(update={"checks": (lost,)}), 2) is None


def test_a_curve_without_an_error_is_told_and_retrains_nothing() -> None:
    rows = world(OLD, 300, 7)
    one = rows.iloc[:1].reset_index(drop=True)
    done = halved(rows, [ScoredRows(one, pd.DataFrame({"score": np.full(1, 0.5)}))], MODEL, line, None, None, "v2")
    answer = measured(QUIET, asks(grown=1.5), done, MODEL, "2020-06")
    assert (answer.outcome, answer.headline) == ("ok", "What more rows would win cannot be told")
    assert answer.details["probe"]["curve"] is None
