"""`windvane check`: every mistake of every file at once, import paths included, without importing what they name."""

from __future__ import annotations

import sys
import time
from pathlib import Path

import pytest

from tests.unit.cli.conftest import Command, Shop
from windvane.cli.paths import broken
from windvane.windows import Cadence

TWIN = '''"""An Airflow dag."""
from windvane import Estimator, Features, Model, Source
from windvane.orchestration import build_airflow_dags

build_airflow_dags(Model(
    name="{name}", owner="o", source=Source.callable({source!r}), event_time="t", key="k", target="y",
    task="binary", features=Features(numbers=["a"]), estimator=Estimator({estimator!r}), expect={expect!r},
))
'''
GOOD = {"source": "rows:rows", "estimator": "sklearn.linear_model:LogisticRegression", "expect": None}


def write(shop: Shop, name: str, **fields: object) -> None:
    (shop.folder / "include" / "rows.py").write_text("def rows(start, end): ...\n", encoding="utf-8")
    text = TWIN.format(name=name, **{**GOOD, **fields})
    (shop.folder / "dags" / f"{name}.py").write_text(text, encoding="utf-8")


def test_good_specs_are_listed(windvane: Command, shop: Shop) -> None:
    answer = windvane("check")
    assert (answer.code, answer.err) == (0, "")
    assert "shop" in answer.out
    assert "1 model declared, no mistake found" in answer.out
    found = windvane("check", "--json").json
    assert found["problems"] == []
    assert found["models"][0]["model"] == "shop"
    assert found["models"][0]["path"] == str(shop.folder / "dags" / "shop.py")


def test_every_mistake_of_every_file_is_told_at_once(windvane: Command, shop: Shop) -> None:
    write(shop, "one", source="rows:row", expect="rows.more:x")
    write(shop, "two", estimator="sklearn.linear_models:LogisticRegression")
    (shop.folder / "dags" / "three.py").write_text(
        "import windvane\nwindvane.Model(name='x', ownr='y')\n", encoding="utf-8"
    )
    (shop.folder / "dags" / "four.py").write_text("import windvane\nnot python\n", encoding="utf-8")
    answer = windvane("check")
    assert answer.code == 1
    errors = [row for row in answer.err.splitlines() if row.startswith("error: ")]
    assert len(errors) == len([row for row in answer.err.splitlines() if row.startswith("remedy: ")])
    for words in ("'rows'?", "rows is a module, not a package", "'linear_model'?", "'owner'?", "four.py"):
        assert any(words in row for row in errors), (words, errors)
    message = windvane("check", "--json")
    assert message.code == 1
    assert len(message.json["problems"]) == len(errors)
    assert all(set(item) == {"path", "error", "cause", "remedy"} for item in message.json["problems"])
    assert [item["model"] for item in message.json["models"]] == ["one", "shop", "two"]


@pytest.mark.parametrize(
    ("function", "wrong"),
    [
        ("def rows(start, end): ...", True),
        ("def rows(start, end, as_of): ...", False),
        ("def rows(start, end, *, as_of=None): ...", False),
        ("def rows(start, end, **more): ...", False),
        ("rows = print", False),
        ("def other(f): return f\n@other\ndef rows(start, end): ...", False),
    ],
)
def test_a_source_that_is_told_the_moment_takes_it(
    windvane: Command, shop: Shop, function: str, wrong: bool
) -> None:  # fmt: skip
    write(shop, "one")
    (shop.folder / "include" / "rows.py").write_text(f"{function}\n", encoding="utf-8")
    file = shop.folder / "dags" / "one.py"
    told = file.read_text(encoding="utf-8").replace("'rows:rows'", "'rows:rows', as_of=True")
    file.write_text(told, encoding="utf-8")
    answer = windvane("check")
    assert (answer.code == 1) == wrong, answer
    assert ("the function takes no argument 'as_of'" in answer.err) == wrong


def test_a_folder_without_a_model_is_no_success(windvane: Command, tmp_path: Path) -> None:
    for folder in (tmp_path, tmp_path / "absent"):
        answer = windvane("check", str(folder))
        assert answer.code == 1
        assert answer.err.startswith("error: SpecError: ")


def test_what_specs_name_is_not_imported(windvane: Command, shop: Shop) -> None:
    (shop.folder / "include" / "rows.py").write_text(
        "raise RuntimeError('imported')\ndef rows(): ...\n", encoding="utf-8"
    )
    (shop.folder / "dags" / "one.py").write_text(TWIN.format(name="one", **GOOD), encoding="utf-8")
    assert windvane("check").code == 0
    assert "rows" not in sys.modules


def test_a_hundred_specs_take_less_than_five_seconds(windvane: Command, shop: Shop) -> None:
    for number in range(100):
        write(shop, f"model_{number}")
    began = time.monotonic()
    assert windvane("check").code == 0
    assert time.monotonic() - began < 5


MODULE = """
import os as system
from pathlib import Path
CONSTANT: int = 1
declared: int
first, (second, *rest) = 1, (2, 3)
if system.name == "posix":
    def conditional(): ...
else:
    def otherwise(): ...
try:
    from json import fast
except ImportError:
    fast = None
class Thing:
    def method(self): ...
async def later(): ...
"""


@pytest.mark.parametrize(
    "name",
    [
        "system",
        "Path",
        "CONSTANT",
        "first",
        "second",
        "rest",
        "conditional",
        "otherwise",
        "fast",
        "Thing",
        "Thing.method",
        "later",
    ],
)
def test_names_bound_at_the_top_level_are_found(tmp_path: Path, name: str) -> None:
    (tmp_path / "bound.py").write_text(MODULE, encoding="utf-8")
    assert broken(f"bound:{name}", [tmp_path]) is None


@pytest.mark.parametrize(
    ("name", "message"),
    [("declared", "'declared'"), ("condition", "did you mean 'conditional'?"), ("method", "'method'")],
)
def test_names_that_are_not_bound_are_told(tmp_path: Path, name: str, message: str) -> None:
    (tmp_path / "bound.py").write_text(MODULE, encoding="utf-8")
    assert message in str(broken(f"bound:{name}", [tmp_path]))


def test_modules_that_make_their_names_get_the_benefit_of_the_doubt(tmp_path: Path) -> None:
    (tmp_path / "lazy.py").write_text("def __getattr__(name): ...\n", encoding="utf-8")
    (tmp_path / "starred.py").write_text("from os.path import *\n", encoding="utf-8")
    assert broken("lazy:anything", [tmp_path]) is None
    assert broken("starred:anything", [tmp_path]) is None
    assert broken("math:sqrt", [tmp_path]) is None


def test_what_is_wrong_with_a_module_is_told(tmp_path: Path) -> None:
    (tmp_path / "package").mkdir()
    (tmp_path / "broken.py").write_text("def f(:\n", encoding="utf-8")
    (tmp_path / "latin.py").write_bytes(b"x = '\xe9'\n")
    assert "folder without an __init__.py" in str(broken("package:x", [tmp_path]))
    assert "line 1" in str(broken("broken:f", [tmp_path]))
    assert "latin.py" in str(broken("latin:x", [tmp_path]))
    assert "did you mean 'broken'?" in str(broken("brokn:f", [tmp_path]))
    assert "no module 'moduls' in sklearn" in str(broken("sklearn.moduls:f", [tmp_path]))


@pytest.mark.parametrize(
    "path", ["sklearn.linear_model:LogisticRegression", "sklearn.ensemble:HistGradientBoostingClassifier"]
)
def test_estimators_of_scikit_learn_are_found_without_importing_it(tmp_path: Path, path: str) -> None:
    assert broken(path, [tmp_path]) is None


def test_what_a_change_means_for_the_history_is_told(trained: Command, shop: Shop) -> None:
    shop.declare(gate='approval="always"', more="seed=3, outcome_after='1d',")
    answer = trained("check")
    assert answer.code == 0, answer.err
    told = " ".join(answer.out.split())
    assert "shop: new version: seed was 0, and is now 3: the next training makes another version" in told
    assert "shop: harmless: outcome_after was '0d', and is now '1d': the next run follows it" in told
    found = {item["field"]: item for item in trained("check", "--json").json["models"][0]["changes"]}
    assert found["seed"]["meaning"] == "new version"
    assert found["source"]["meaning"] == "new version"  # this project has a package of its own


def test_it_is_told_whether_the_gate_can_judge_the_windows(trained: Command, shop: Shop) -> None:
    found = trained("check", "--json").json["models"][0]["holdout"]
    assert (found["needed"], found["windows"], found["enough"]) == (50, 1, True)
    shop.declare(gate="windvane.rule.better_than_baseline(), windvane.rule.min_rows(50_000)")
    file = shop.folder / "dags" / "shop.py"
    file.write_text(f"import windvane\n{file.read_text(encoding='utf-8')}", encoding="utf-8")
    answer = trained("check")
    assert answer.code == 0, answer.err
    told = " ".join(answer.out.split())
    assert "shop: the gate needs 50,000 holdout rows; of a history of " in told
    assert "use longer windows, such as window='2 weeks', or a longer history" in told
    assert trained("check", "--json").json["models"][0]["holdout"]["enough"] is False


def test_a_change_that_nothing_bridges_is_a_mistake_and_its_remedy_is_taken(trained: Command, shop: Shop) -> None:
    shop.declare(gate='approval="always"', more='window="week",')
    answer = trained("check")
    assert answer.code == 1
    assert "shop: window was 'month', and is now 'week'" in answer.err
    remedy = "before=Before(window='month', until='2024-03', timezone='UTC')"
    assert remedy in answer.err
    shop.declare(gate='approval="always"', more=f'window="week", {remedy.replace("Before", "windvane.Before", 1)},')
    text = (shop.folder / "dags" / "shop.py").read_text(encoding="utf-8")
    (shop.folder / "dags" / "shop.py").write_text(f"import windvane\n{text}", encoding="utf-8")
    answer = trained("check")
    assert (answer.code, answer.err) == (0, "")
    assert "its windows begin at 2024-03-01 00:00 UTC; those before keep their keys" in " ".join(answer.out.split())
    for key, code in (("2024-02", 0), ("2024-03", 1), ("2024-03-04", 0)):
        shop.cadence = Cadence.parse("week").following(Cadence.parse("month"), "2024-03")
        if key == "2024-03-04":
            shop.fill(key)
        assert trained("run", "score", "shop", "--window", key).code == code, key


def test_a_check_makes_no_registry(windvane: Command, shop: Shop) -> None:
    assert windvane("check").code == 0
    assert not shop.home.exists()


def test_a_registry_that_does_not_answer_is_told_and_is_no_mistake(
    windvane: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WINDVANE_REGISTRY", "postgresql://nobody:x@127.0.0.1:1/none?connect_timeout=1")
    answer = windvane("check")
    assert answer.code == 0
    assert "not compared with what was registered: RegistryUnavailable" in " ".join(answer.out.split())


def test_a_model_is_renamed_and_every_verb_knows_both_names(windvane: Command, shop: Shop) -> None:
    assert windvane("run", "train", "shop", "--window", "2024-01").code == 0
    file = shop.folder / "dags" / "shop.py"
    text = file.read_text(encoding="utf-8")
    file.write_text(text.replace('"shop"', '"store"'), encoding="utf-8")
    answer = windvane("check")
    assert (answer.code, "windvane rename shop store" in answer.out) == (0, True)
    answer = windvane("rename", "shop", "store", "--reason", "the shops were merged")
    assert answer.code == 0
    assert "shop is called store now" in answer.out
    assert "windvane rename" not in windvane("check").out
    for name in ("shop", "store"):
        assert windvane("run", "score", name, "--window", "2024-02", "--json").json["version"] == 1
        assert windvane("history", name, "--json").json[-1]["kind"] == "model.registered"
        assert windvane("verify", name).code == 0
    assert [row["model"] for row in windvane("models", "--json").json] == ["store"]
    file.write_text(text, encoding="utf-8")
    answer = windvane("check")
    assert (answer.code, "the model is called store now" in answer.out) == (0, True)
    (shop.folder / "dags" / "store.py").write_text(text.replace('"shop"', '"store"'), encoding="utf-8")
    answer = windvane("check")
    assert answer.code == 1
    assert "names of one model" in answer.err
    again = windvane("rename", "shop", "store")
    assert (again.code, again.err.startswith("error: IllegalMove")) == (1, True)
