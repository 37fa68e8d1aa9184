"""A function that builds expectations is called once for each state of its code."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from tests.unit.stores.examples import spec_of
from windvane.errors import SpecError
from windvane.lifecycle.suites import Suite, expected
from windvane.steps.expecting import declared_suite

_MODULE = """
import great_expectations.expectations as gxe
CALLS = []

class ExpectOwn(gxe.ExpectColumnMaxToBeBetween):
    pass

def suite():
    CALLS.append(1)
    return {listed}
"""
_PLAIN = '[gxe.ExpectColumnValuesToBeBetween(column="income", min_value=0, severity="warning")]'


@pytest.fixture
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of modules, and a home of its own."""
    monkeypatch.setenv("WINDVANE_HOME", str(tmp_path / "home"))
    monkeypatch.syspath_prepend(str(tmp_path / "code"))
    (tmp_path / "code").mkdir()
    return tmp_path / "code"


def declare(shop: Path, name: str, listed: str = _PLAIN) -> None:
    (shop / f"{name}.py").write_text(_MODULE.format(listed=listed))
    sys.modules.pop(name, None)


def test_the_same_code_is_called_once_and_gives_the_same_expectations(shop: Path) -> None:
    declare(shop, "once")
    model = spec_of(expect="once:suite")
    first, again = declared_suite(model), declared_suite(model)
    assert sys.modules["once"].CALLS == [1]
    assert isinstance(again, Suite)
    both = [expected(one, model)[0] for one in (first, again)]
    assert both[0].configuration == both[1].configuration
    assert both[0].made == both[1].made
    kept = list((shop.parent / "home" / "expectations").iterdir())
    assert [path.suffix for path in kept] == [".json"]


def test_code_that_changed_is_called_again(shop: Path) -> None:
    declare(shop, "changed")
    model = spec_of(expect="changed:suite")
    declared_suite(model)
    declare(shop, "changed", _PLAIN.replace("min_value=0", "min_value=1"))
    assert expected(declared_suite(model), model)[0].configuration["kwargs"]["min_value"] == 1  # type: ignore[index]  # it has one


@pytest.mark.parametrize(
    ("name", "listed"),
    [
        ("own", '[ExpectOwn(column="income", max_value=1)]'),
        ("endless", '[gxe.ExpectColumnValuesToBeBetween(column="income", min_value=float("-inf"), max_value=1)]'),
    ],
)
def test_what_json_would_not_give_back_is_called_each_time(shop: Path, name: str, listed: str) -> None:
    declare(shop, name, listed)
    model = spec_of(expect=f"{name}:suite")
    assert all(isinstance(declared_suite(model), list) for _ in range(2))
    assert sys.modules[name].CALLS == [1, 1]


def test_a_home_that_cannot_be_written_and_a_broken_file_cost_a_call(shop: Path) -> None:
    declare(shop, "broken")
    model = spec_of(expect="broken:suite")
    (shop.parent / "home").mkdir()
    (shop.parent / "home" / "expectations").write_text("in the way")
    assert [isinstance(declared_suite(model), list) for _ in range(2)] == [True, True]
    (shop.parent / "home" / "expectations").unlink()
    declared_suite(model)
    (kept,) = (shop.parent / "home" / "expectations").iterdir()
    kept.write_text("{")
    assert isinstance(declared_suite(model), list)


def test_no_list_is_refused_and_not_kept(shop: Path) -> None:
    declare(shop, "wrong", "7")
    with pytest.raises(SpecError, match="returned a int"):
        declared_suite(spec_of(expect="wrong:suite"))
    assert not (shop.parent / "home").exists()
