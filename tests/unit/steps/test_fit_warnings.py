"""What a fit warns of is kept with the version, shown, and judged."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

import pytest

from tests.unit.steps.conftest import GATE
from windvane import Estimator, Model
from windvane.cli.explain import version_page
from windvane.lifecycle.fit_warnings import gathered, kept
from windvane.pipeline import runner
from windvane.results import Run, Version
from windvane.stores import Stores

UNFINISHED = Estimator("sklearn.linear_model:LogisticRegression", max_iter=1)


def trained(model: Model, stores: Stores, run: Run) -> Version:
    """Train v1."""
    found = runner.run_train(model, model.cadence.window("2020-06"), stores, run)
    return stores.registry.versions.get(model.name, found.version)


@pytest.mark.parametrize(
    ("follows", "unless_passed"), [("warn", "warn"), ("ask", "needs_approval"), ("reject", "reject")]
)
def test_a_fit_that_did_not_converge_is_kept_shown_and_judged_as_declared(
    make: Callable[..., Model], stores: Stores, run: Run, follows: str, unless_passed: str
) -> None:
    gate = GATE.model_copy(update={"fit_warnings": follows})
    version = trained(make(estimator=UNFINISHED, gate=gate), stores, run)
    (warned,) = [item for item in version.warnings if item.category == "ConvergenceWarning"]
    assert warned.count == 1 and "iteration" in warned.message.lower()
    assert version.gate is not None
    verdict = next(item for item in version.gate.verdicts if item.rule == "fit_warnings()")
    assert (verdict.outcome, verdict.unless_passed) == ("fail", unless_passed)
    page = version_page(version.model, version.version, stores)
    shown: Any = page.data
    assert shown["warnings"][0]["category"] == "ConvergenceWarning"


def test_a_fit_that_converged_or_a_spec_that_ignores_it_has_no_verdict_about_it(
    make: Callable[..., Model], stores: Stores, run: Run
) -> None:
    gate = GATE.model_copy(update={"fit_warnings": "ignore"})
    quiet, ignored = trained(make(), stores, run), trained(make(estimator=UNFINISHED, gate=gate), stores, run)
    assert quiet.warnings == () and ignored.warnings
    for version in (quiet, ignored):
        assert version.gate is not None
        assert "fit_warnings()" not in [item.rule for item in version.gate.verdicts]


def test_what_is_kept_of_warnings_is_counted_short_and_without_secrets_and_paths() -> None:
    with gathered() as raised:
        for number in range(300):
            warnings.warn(f"number {number}", UserWarning, stacklevel=1)
            warnings.warn("token=abcdefghijkl in /srv/models/secret/file.py:3", RuntimeWarning, stacklevel=1)
    found = kept(raised)
    assert len(found) == 20
    told = next(item for item in found if item.category == "RuntimeWarning")
    assert told.count == 300 and "abcdefghijkl" not in told.message and "/srv" not in told.message


def test_the_default_is_left_out_of_the_declaration_so_that_digests_stay() -> None:
    assert "fit_warnings" not in GATE.model_dump(mode="json")
    assert GATE.model_copy(update={"fit_warnings": "reject"}).model_dump(mode="json")["fit_warnings"] == "reject"
