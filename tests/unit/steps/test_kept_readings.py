"""What a function of `expect` reads besides its code is looked at before its kept suite is used."""

from __future__ import annotations

import logging
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.unit.stores.examples import spec_of
from windvane.lifecycle.suites import Suite, expected
from windvane.steps.expecting import declared_suite

_MODULE = """
import functools
import os
import time
from datetime import date, datetime
from pathlib import Path

HERE = Path(__file__).parent
KEPT = {{}}
_SAID = []

def suite():
    import great_expectations.expectations as gxe

    _SAID.append(1)
    return [gxe.ExpectColumnValuesToBeBetween(column="income", min_value={least}, severity="warning")]

def of_file(name):
    with open(HERE / f"{{name}}.txt") as file:
        return int(file.read())

def of_folder():
    return sum(1 for path in (HERE / "many").iterdir())

def of_a_pattern():
    return len(list((HERE / "many").glob("*.t" + "xt")))

def of_a_look():
    return 7 if (HERE / ("opti" + "onal")).exists() else 5

def of_optional():
    try:
        return of_file("opti" + "onal")
    except FileNotFoundError:
        return 5

def of_frame():
    import pandas as pd

    return int(pd.read_csv(HERE / ("le" + "ast.txt"), header=None).iloc[0, 0])

def of_today():
    return date.today().year

def of_library():
    import pyarrow as pa

    return int(pa.OSFile(str(HERE / ("le" + "ast.txt"))).read())

@functools.lru_cache
def of_cache():
    return of_file("le" + "ast")

def of_module():
    if "least" not in KEPT:
        KEPT["least"] = of_file("le" + "ast")
    return KEPT["least"]

def of_written():
    (HERE / "told.txt").write_text("5")
    return 5

def of_process():
    with os.popen("echo 5") as said:
        return int(said.read())
"""
Change = Callable[[Path], Any]


@pytest.fixture
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of modules with a file and a folder, and a home of its own."""
    monkeypatch.setenv("WINDVANE_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("LEAST", "5")
    code = tmp_path / "code"
    monkeypatch.syspath_prepend(str(code))
    (code / "many").mkdir(parents=True)
    for number in range(5):
        (code / "many" / f"{number}.txt").touch()
    (code / "least.txt").write_text("5")
    return code


def least(shop: Path, name: str, how: str) -> tuple[int, bool]:
    """Return the least that is expected, and whether the function was asked for it."""
    path = shop / f"{name}.py"
    if not path.exists():
        path.write_text(_MODULE.format(least=how))
        sys.modules.pop(name, None)
    model = spec_of(expect=f"{name}:suite")
    found = declared_suite(model)
    configuration: Any = expected(found, model)[0].configuration
    return configuration["kwargs"]["min_value"], not isinstance(found, Suite)


def put(name: str, text: str) -> Change:
    return lambda shop: (shop / name).write_text(text)


READ: dict[str, tuple[str, Change, int]] = {
    "file": ('of_file("le" + "ast")', put("least.txt", "7"), 7),
    "text": ('int((HERE / ("le" + "ast.txt")).read_text())', put("least.txt", "7"), 7),
    "frame": ("of_frame()", put("least.txt", "7"), 7),
    "made": ("of_optional()", put("optional.txt", "7"), 7),
    "folder": ("of_folder()", put("many/6.txt", ""), 6),
    "pattern": ("of_a_pattern()", put("many/6.txt", ""), 6),
    "look": ("of_a_look()", put("optional", ""), 7),
    "variable": ('int(os.environ["LE" + "AST"])', lambda _: os.environ.update(LEAST="7"), 7),
    "unset": ('int(os.getenv("LE" + "AST", "7"))', lambda _: os.environ.pop("LEAST"), 7),
}


@pytest.mark.parametrize("name", READ)
def test_what_was_read_and_changed_is_read_again_and_is_kept_while_it_does_not(shop: Path, name: str) -> None:
    how, change, now = READ[name]
    module = f"reads_{name}"
    assert [least(shop, module, how) for _ in range(2)] == [(5, True), (5, False)]
    change(shop)
    assert [least(shop, module, how) for _ in range(2)] == [(now, True), (now, False)]


def test_a_file_that_is_gone_is_missed_and_one_that_comes_back_is_read(shop: Path) -> None:
    how = 'of_file("le" + "ast")'
    assert least(shop, "gone", how) == (5, True)
    (shop / "least.txt").unlink()
    with pytest.raises(FileNotFoundError):
        least(shop, "gone", how)
    (shop / "least.txt").write_text("5")
    assert least(shop, "gone", how) == (5, False)


@pytest.mark.parametrize(
    ("name", "how", "said"),
    [
        ("today", "of_today()", "the clock"),
        ("clock", "5 if time.time() else 6", "the library time"),
        ("library", "of_library()", "the library pyarrow"),
        ("cache", "of_cache()", "answers kept from an earlier call"),
        ("module", "of_module()", "what the project keeps in KEPT between two calls"),
        ("written", "of_written()", "it writes"),
        ("process", "of_process()", "its process"),
        ("named", "globals()['of_file']('least')", "a name made at run time"),
        ("all", "5 if len(list(os.environ)) else 6", "it looks through all variables"),
    ],
)
def test_what_may_depend_on_what_nobody_can_tell_is_asked_each_time(
    shop: Path, name: str, how: str, said: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "windvane")
    first = least(shop, f"untold_{name}", how)
    assert first[1]
    assert least(shop, f"untold_{name}", how) == first
    assert said in caplog.text
    assert f"untold_{name}:suite is asked each time" in caplog.text


@pytest.mark.parametrize(
    "line",
    ["LEAST = int((HERE / 'least.txt').read_text())", "LEAST = int(os.environ['LEAST'])", "with open(__file__): pass"],
)
def test_what_a_module_reads_when_it_is_imported_is_asked_each_time(shop: Path, line: str) -> None:
    name = f"imports_{abs(len(line))}"
    (shop / f"{name}.py").write_text(_MODULE.format(least="5") + line + "\n")
    assert [least(shop, name, "") for _ in range(2)] == [(5, True)] * 2


def test_the_modules_of_the_examples_and_of_init_are_kept() -> None:
    from windvane.stores.code import files_of
    from windvane.stores.knowable import untold

    assert untold("models.flights:expectations", files_of(["models.flights:expectations"])) is None


def test_nothing_of_a_variable_is_written_down(shop: Path) -> None:
    os.environ["LEAST"] = "8675309"
    least(shop, "secret", 'int(os.environ["LEAST"])')
    (kept,) = (shop.parent / "home" / "expectations").iterdir()
    assert "LEAST" in kept.read_text()
    assert '"8675309"' not in kept.read_text().replace('min_value\\": 8675309', "")


def test_the_process_hears_and_looks_as_before_when_a_function_raises(shop: Path) -> None:
    before = (os.stat, os.lstat, type(os.environ))
    (shop / "raises.py").write_text("def suite():\n    raise ValueError('no')\n")
    with pytest.raises(ValueError, match="no"):
        declared_suite(spec_of(expect="raises:suite"))
    assert (os.stat, os.lstat, type(os.environ)) == before
