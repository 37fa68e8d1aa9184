"""Checks as an open list: what a spec may name, and what is left of a check whose package is gone."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from windvane import Monitor, Policy
from windvane.errors import BrokenPlugin, SpecError
from windvane.results import CheckResult
from windvane.spec import CHECKS, check_label, default_checks, finding_label, kind_of

Install = Callable[[str], None]

WEEKEND = '''
from windvane.results import CheckResult
from windvane.spec import Check


class Weekend(Check):
    """Are there rows of a weekend?"""

    name = "weekend_rows"
    label = "Weekend rows"
    finding = "a quiet weekend"
    needs = ("rows",)
    default = 1
    unit = "% of the rows"

    def answer(self, work):
        days = work.evidence.rows[work.model.event_time].dt.dayofweek
        share = float((days >= 5).mean())
        return CheckResult(
            check=self.name, outcome="finding" if share < 0.9 else "ok", headline="Few rows of a weekend", effect=share
        )
'''


@pytest.fixture
def install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Install]:
    """Install a package that brings a check, for one test."""

    def installed(source: str) -> None:
        (tmp_path / "acme_checks.py").write_text(source)
        metadata = tmp_path / "acme_checks-1.2.dist-info"
        metadata.mkdir()
        (metadata / "METADATA").write_text("Metadata-Version: 2.1\nName: acme-checks\nVersion: 1.2\n")
        (metadata / "entry_points.txt").write_text("[windvane.checks]\nacme = acme_checks\n")
        monkeypatch.syspath_prepend(str(tmp_path))
        vars(CHECKS).pop("_found", None)

    yield installed
    monkeypatch.undo()
    sys.modules.pop("acme_checks", None)
    vars(CHECKS).pop("_found", None)


def test_the_default_checks_are_all_built_in_ones_that_train_nothing_in_their_order() -> None:
    assert Monitor().checks == (
        *("quality", "data_drift", "prediction_drift", "performance"),
        *("calibration", "concept_drift", "estimated_performance", "fairness"),
    )
    asked_of_every_window = {"scored", "limits"}
    assert set(CHECKS) - set(default_checks()) == {"multivariate_drift"} | asked_of_every_window


def test_a_kind_is_one_module_of_its_name() -> None:
    for name, kind in CHECKS.items().items():
        assert kind.__module__ == f"windvane.lifecycle.checks.{name}"
        assert kind.label


def test_reading_the_kinds_loads_nothing_that_a_dag_files_parse_would_pay_for() -> None:
    code = "import sys; from windvane.spec import CHECKS; list(CHECKS); print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    assert "windvane.lifecycle.checks.quality" in loaded
    assert {"numpy", "pandas", "scipy", "sklearn"} & set(loaded) == set()


@pytest.mark.parametrize("declare", [lambda name: Monitor(checks=(name,)), lambda name: Policy(alert_on=(name,))])
def test_an_unknown_check_is_refused_with_the_nearest_one(declare: Callable[[str], object]) -> None:
    with pytest.raises(SpecError, match=r"check 'qualty' is not known; did you mean 'quality'\? Known: calibration, "):
        declare("qualty")


def test_a_check_of_another_package_is_named_like_a_built_in_one_and_is_never_a_default(install: Install) -> None:
    before = Monitor().digest
    install(WEEKEND)
    assert Monitor(checks=("quality", "weekend_rows")).checks == ("quality", "weekend_rows")
    assert Monitor().digest == before
    assert CHECKS.package_of("weekend_rows") == "acme-checks 1.2"
    assert (check_label("weekend_rows"), finding_label("weekend_rows")) == ("Weekend rows", "a quiet weekend")
    with pytest.raises(SpecError, match="did you mean 'weekend_rows'"):
        Monitor(checks=("weekend_row",))


def test_a_result_whose_package_is_gone_is_shown_by_its_stored_name() -> None:
    stored = CheckResult(
        check="weekend_rows", outcome="finding", headline="Few rows of a weekend", unit="% of the rows"
    )
    again = CheckResult.from_json(stored.to_json())
    assert (again.headline, again.unit) == (stored.headline, "% of the rows")
    assert kind_of("weekend_rows") is None
    assert (check_label("weekend_rows"), finding_label("weekend_rows")) == ("weekend rows", "weekend rows")


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("import no_such_module", "No module named 'no_such_module'"),
        (WEEKEND.replace('("rows",)', '("rows", "curves")'), "Weekend needs curves; known: rows, reference, scores"),
        ("x = 1", "which is no check"),
    ],
)
def test_a_broken_package_is_named_where_a_spec_is_made_and_nowhere_else(
    install: Install, source: str, message: str
) -> None:
    install(source)
    with pytest.raises(BrokenPlugin, match=r"acme-checks 1\.2 brings") as error:
        Monitor()
    assert message in error.value.cause
    assert check_label("quality") == "quality"
