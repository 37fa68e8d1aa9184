"""`windvane ci`: a change of code, judged before it is merged, on what was recorded."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.unit.cli.conftest import Command, Shop, modules_of
from windvane.lifecycle.review.page import page
from windvane.results.ci import ModelChange, Review

ESTIMATOR_FILE = "include/{package}/estimator.py"
ESTIMATOR = '''"""The model's estimator."""

from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler


def build(C: float = 1.0):
    return make_pipeline(StandardScaler(), LogisticRegression(C=C))
'''


@pytest.fixture
def project(shop: Shop, windvane: Command) -> Shop:
    """The project under git, with the code of its estimator, one trained window, and the branch `main`."""
    code = shop.folder / "include" / shop.package / "estimator.py"
    code.write_text(ESTIMATOR, encoding="utf-8")
    spec = shop.folder / "dags" / "shop.py"
    text = spec.read_text("utf-8")
    sklearn = '"sklearn.ensemble:HistGradientBoostingClassifier", max_iter=20'
    spec.write_text(text.replace(sklearn, f'"{shop.package}.estimator:build"'), "utf-8")
    (shop.folder / ".gitignore").write_text("*.parquet\n", "utf-8")  # the data is not in the repository
    git(shop, "init", "--quiet", "--initial-branch=main")
    commit(shop, "first")
    assert windvane("run", "train", "shop", "--window", "2024-02").code == 0
    git(shop, "checkout", "--quiet", "-b", "change")
    return shop


def git(shop: Shop, *words: str) -> str:
    named = {
        f"GIT_{role}_{what}": "tests@example.org" for role in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")
    }
    command = ["git", "-C", str(shop.folder), *words]
    return subprocess.run(command, check=True, capture_output=True, text=True, env=os.environ | named).stdout


def commit(shop: Shop, message: str) -> None:
    git(shop, "add", "--all")
    git(shop, "commit", "--quiet", "--message", message)


def edit(shop: Shop, where: str, old: str, new: str) -> None:
    file = shop.folder / where.format(package=shop.package)
    text = file.read_text("utf-8")
    assert old in text
    file.write_text(text.replace(old, new), "utf-8")
    commit(shop, "a change")


def reviewed(windvane: Command, shop: Shop, *more: str) -> tuple[int, dict[str, Any]]:
    """Review as a fresh process would, which has not imported the project's code yet."""
    for name in modules_of(shop.package):
        sys.modules.pop(name)
    answer = windvane("ci", "--base", "main", "--json", *more)
    found: dict[str, Any] = answer.json
    return answer.code, found


def test_what_changes_no_version_trains_nothing(project: Shop, windvane: Command) -> None:
    edit(project, ESTIMATOR_FILE, "def build(C: float = 1.0):", "# less is simpler\ndef build(C: float=1.0):")
    edit(project, ESTIMATOR_FILE, '"""The model\'s estimator."""', '"""What is trained."""')
    before = project.tables()
    code, found = reviewed(windvane, project)
    assert (code, found["conclusion"]) == (0, "unchanged")
    assert found["models"][0]["head"] is None
    edit(project, "dags/shop.py", "monitor=Monitor()", "monitor=Monitor(min_rows=120)")
    code, found = reviewed(windvane, project)
    (model,) = found["models"]
    assert (code, model["conclusion"], model["changed"]) == (0, "pass", ["field monitor"])
    assert model["head"] is None
    assert project.tables() == before


def test_a_changed_policy_is_played_over_the_recorded_past(project: Shop, windvane: Command) -> None:
    assert windvane("run", "train", "shop", "--window", "2024-03").code == 0
    edit(project, "dags/shop.py", "monitor=Monitor()", "monitor=Monitor(policy=Policy(retrain_every=1, cooldown=0))")
    edit(project, "dags/shop.py", "Model, Monitor, ", "Model, Monitor, Policy, ")
    before, kept = project.tables(), project.kept()
    file = project.folder / "page.md"
    code, found = reviewed(windvane, project, "--page", str(file))
    (model,) = found["models"]
    assert (code, model["conclusion"], model["changed"], model["head"]) == (0, "pass", ["field monitor"], None)
    then, now = model["played"]
    assert (then["side"], now["side"], then["windows"], now["windows"]) == ("base", "head", 2, 2)
    assert (then["trainings"], now["trainings"]) == (1, 3), "each window asks for a retrain now"
    assert model["span"] == "2024-01 to 2024-03"
    assert "other trainings" in model["headline"]
    assert "| head | 2 |" in file.read_text("utf-8")
    assert (project.tables(), project.kept()) == (before, kept)


def test_a_worse_model_fails_and_what_was_recorded_stays(project: Shop, windvane: Command) -> None:
    edit(project, ESTIMATOR_FILE, "LogisticRegression(C=C)", "LogisticRegression(C=C / 1e6)")
    before, kept = project.tables(), project.kept()
    file = project.folder / "page.md"
    code, found = reviewed(windvane, project, "--page", str(file))
    (model,) = found["models"]
    assert (code, model["conclusion"], model["window"]) == (1, "fail", "2024-02")
    assert model["head"]["difference"] > 0 and model["head"]["low"] > 0
    assert model["changed"] == [f"file {project.package}.estimator"]
    assert (project.tables(), project.kept()) == (before, kept)
    text = file.read_text("utf-8")
    assert "| shop | fail ✗ |" in text
    assert "worse ▲" in text
    assert git(project, "worktree", "list").count("\n") == 1, "the checkout of the base is gone"


def test_what_was_reviewed_is_what_runs_after_the_merge(project: Shop, windvane: Command) -> None:
    edit(project, ESTIMATOR_FILE, "C: float = 1.0", "C: float = 0.9")
    code, found = reviewed(windvane, project)
    assert (code, found["models"][0]["conclusion"]) == (0, "pass")
    reviewed_as = found["models"][0]["head"]["trained"]
    git(project, "checkout", "--quiet", "main")
    git(project, "merge", "--quiet", "--ff-only", "change")
    for name in modules_of(project.package):
        sys.modules.pop(name)  # production is another process
    trained = windvane("run", "train", "shop", "--window", "2024-02", "--json").json
    shown = windvane("show", "shop", str(trained["version"]), "--json").json
    assert trained["version"] == 2
    assert trained["digest"] == reviewed_as["artifact"]
    assert reviewed_as["fingerprint"] in str(shown) or reviewed_as["fingerprint"] in str(project.tables()["versions"])


def test_code_that_cannot_be_built_fails_and_a_base_that_is_not_there_is_named(
    project: Shop, windvane: Command
) -> None:
    answer = windvane("ci", "--base", "nowhere", "--json")
    assert (answer.code, answer.json["error"]) == (1, "NoBase")
    assert "Traceback" not in answer.err
    edit(project, ESTIMATOR_FILE, "    return make", '    raise ValueError("no")\n    return make')
    code, found = reviewed(windvane, project)
    assert (code, found["conclusion"]) == (1, "fail")
    assert "estimator:build cannot be built: ValueError: no" in found["problems"][0]


def test_names_and_messages_are_no_markup_on_the_page() -> None:
    evil = "<img src=x onerror=alert(1)> [a](javascript:b) | `c` @team #1"
    change = ModelChange(model=evil, conclusion="pass", headline=evil, changed=(evil,))
    text = page(Review(base=evil, conclusion="pass", models=(change,), problems=(evil,)))
    for markup in ("<", ">", "[", "`", "@", "#1", "| `"):
        assert not re.search(rf"(?<!\\){re.escape(markup)}", text), markup
    (row,) = [line for line in text.splitlines() if line.startswith("| \\<img")]
    assert len(re.findall(r"(?<!\\)\|", row)) == 6, "five cells"


@pytest.mark.parametrize(
    ("file", "schema"),
    [("github-actions.yml", "vendor.github-workflows"), ("gitlab-ci.yml", "vendor.gitlab-ci")],
)
def test_the_templates_are_what_their_schemas_say(file: str, schema: str) -> None:
    template = Path(__file__).resolve().parents[3] / "examples" / "ci" / file
    command = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", schema, str(template)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
