"""A version scores, is judged and is explained as it was declared, with the code that it was made with."""

from __future__ import annotations

import importlib
import shutil
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from windvane import Estimator, Features, Gate, Model, Monitor, steps
from windvane.errors import CorruptArtifact, VersionMismatch
from windvane.pipeline import runner
from windvane.results import Run
from windvane.stores import Stores, open_stores
from windvane.stores.datasets import read_scores
from windvane.stores.kept_code import KeptCode

Make = Callable[..., Model]
CODE = {
    "till/__init__.py": "",
    "till/features.py": "from pathlib import Path\nfrom till import helping\n"
    "C = float((Path(__file__).parent / 'c.txt').read_text())\n"
    "def make(frame):\n    import beside\n    return frame.assign(ratio=helping.ratio(frame) * C * beside.ONE)\n",
    "till/helping.py": "def ratio(frame):\n    return frame['debt'] / (frame['income'].abs() + 1)\n",
    "till/c.txt": "1.0",
    "beside.py": "ONE = 1.0\n",
}
MADE = Features(numbers=("income", "debt"), make="till.features:make", made=("ratio",))


@pytest.fixture
def write(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str, str], None]]:
    """Change a file of the project's code, as an editor would, and begin a new process as far as imports go."""

    def forget() -> None:
        for name in [name for name in sys.modules if name.partition(".")[0] in ("till", "beside")]:
            del sys.modules[name]
        importlib.invalidate_caches()

    def put(path: str, text: str) -> None:
        file = tmp_path / "code" / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
        shutil.rmtree(file.parent / "__pycache__", ignore_errors=True)
        forget()

    for path, text in CODE.items():
        put(path, text)
    monkeypatch.syspath_prepend(str(tmp_path / "code"))
    yield put
    forget()


def scored(model: Model, key: str, stores: Stores, run: Run) -> pd.DataFrame:
    """Score a window, and return the rows."""
    return read_scores(runner.run_score(model, model.cadence.window(key), stores, run).artifact, stores.artifacts)


def train(model: Model, key: str, stores: Stores, run: Run) -> Any:
    return runner.run_train(model, model.cadence.window(key), stores, run)


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("till/features.py", "def make(frame):\n    return frame.assign(ratio=frame['income'] / 1000)\n"),
        ("till/helping.py", "def ratio(frame):\n    return frame['income'] * 50\n"),
        ("till/c.txt", "-70.0"),
        ("beside.py", "ONE = -9.0\n"),
    ],
)
def test_a_version_scores_by_its_own_code_and_another_code_is_another_version(
    make: Make, stores: Stores, run: Run, write: Callable[[str, str], None], path: str, text: str
) -> None:
    model = make(features=MADE)
    first = train(model, "2020-01", stores, run)
    expected = scored(model, "2020-02", stores, run)
    write(path, text)
    runner.run_score(model, model.cadence.window("2020-03"), stores, run)  # imports the code of now, too
    again = runner.run_score(model, model.cadence.window("2020-02"), stores, run.model_copy(update={"run_id": "2"}))
    pd.testing.assert_frame_equal(read_scores(again.artifact, stores.artifacts), expected)
    steps.evaluate(model, first.version, stores, run)
    steps.explain(model, first.version, stores, run)
    assert steps.verify("loans", stores, everything=True).problems == ()
    second = train(model, "2020-01", stores, run)
    assert second.version != first.version
    codes = [stores.registry.versions.get("loans", number).code_digest for number in (1, 2)]
    assert codes[0] != codes[1]


def test_code_that_came_in_a_file_runs_only_where_its_author_is_trusted(
    make: Make, stores: Stores, run: Run, write: Callable[[str, str], None], tmp_path: Path
) -> None:
    model = make(features=MADE)
    train(model, "2020-01", stores, run)
    steps.export_model("loans", tmp_path / "loans.tar", stores)
    homes = {}
    for trusted in (False, True):
        home = tmp_path / f"home-{trusted}"
        homes[trusted] = open_stores(f"sqlite:///{home / 'registry.db'}", str(home / "artifacts"))
        steps.import_model(tmp_path / "loans.tar", homes[trusted], trust_types=trusted)
    expected = scored(model, "2020-02", homes[False], run)  # the project's own code has the digest
    write("till/helping.py", "def ratio(frame):\n    return frame['income'] * 50\n")
    with pytest.raises(VersionMismatch, match="came in a file, with code that is not the project's"):
        scored(model, "2020-03", homes[False], run)
    pd.testing.assert_frame_equal(scored(model, "2020-02", homes[True], run), expected)


def test_another_task_or_target_is_another_model_and_is_refused_by_name(make: Make, stores: Stores, run: Run) -> None:
    model = make()
    train(model, "2020-01", stores, run)
    other = model.revised(task="regression", estimator=Estimator("sklearn.linear_model:LinearRegression"), gate=Gate())
    with pytest.raises(VersionMismatch, match="task was 'binary', and is now 'regression'"):
        scored(other, "2020-02", stores, run)
    assert not stores.registry.scores.windows("loans")


ANOTHER: dict[str, dict[str, Any]] = {
    "task": {"task": "multiclass", "gate": Gate()},
    "target": {"target": "late", "carry": ()},
    "window": {"window": "week"},
    "timezone": {"timezone": "America/New_York"},
    "key": {"key": "id"},
    "event_time": {"event_time": "at"},
}


@pytest.mark.parametrize("verb", ["train", "score", "monitor"])
@pytest.mark.parametrize("field", ANOTHER)
def test_what_nothing_bridges_is_refused_at_once_by_every_run_and_changes_nothing(
    make: Make, stores: Stores, run: Run, field: str, verb: str
) -> None:
    model = make()
    train(model, "2020-01", stores, run)
    scored(model, "2020-02", stores, run)
    before = stores.registry.audit.events("loans")
    other = model.revised(**ANOTHER[field])
    window = other.cadence.window_at(model.cadence.window("2020-03").start)
    with pytest.raises(VersionMismatch, match=f"{field} was .* and is now"):
        getattr(runner, f"run_{verb}")(other, window, stores, run)
    assert stores.registry.audit.events("loans") == before


def test_before_there_is_a_version_anything_may_change(make: Make, stores: Stores, run: Run) -> None:
    model = make()
    steps.snapshot(model, model.cadence.window("2020-01"), stores, run)
    other = model.revised(timezone="Europe/Berlin")
    assert train(other, "2020-02", stores, run).decision == "promote"


HARMLESS: dict[str, dict[str, Any]] = {
    "owner": {"owner": "somebody else"},
    "description": {"description": "other words"},
    "gate": {"gate": Gate(min_rows=51)},
    "monitor": {"monitor": Monitor(reopen_within="40d")},
    "end": {"end": "2021-01-01"},
    "outcome_after": {"outcome_after": "3d"},
    "threshold": {"threshold": 0.4},
    "cluster": {"carry": ("street",), "cluster": "street"},
}
NEW_VERSION: dict[str, dict[str, Any]] = {
    "seed": {"seed": 7},
    "history": {"history": 2},
    "holdout": {"holdout": 0.4},
    "estimator": {"estimator": Estimator("sklearn.dummy:DummyClassifier")},
    "min_rows": {"min_rows": 150},
}


@pytest.mark.parametrize("field", [*HARMLESS, *NEW_VERSION])
def test_a_change_that_is_bridged_leaves_what_a_version_scores_as_it_was(
    make: Make, stores: Stores, run: Run, field: str
) -> None:
    model = make(change=lambda frame: frame.assign(street="a")) if field == "cluster" else make()
    model = model.revised(carry=("street",)) if field == "cluster" else model
    first = train(model, "2020-01", stores, run)
    expected = scored(model, "2020-02", stores, run)
    other = model.revised(**{**HARMLESS, **NEW_VERSION}[field])
    again = runner.run_score(other, model.cadence.window("2020-02"), stores, run.model_copy(update={"run_id": "2"}))
    pd.testing.assert_frame_equal(read_scores(again.artifact, stores.artifacts), expected)
    assert runner.run_monitor(other, model.cadence.window("2020-02"), stores, run).outcomes
    steps.explain(other, first.version, stores, run)
    second = train(other, "2020-01", stores, run)
    assert (second.version != first.version) == (field in NEW_VERSION)
    assert steps.verify("loans", stores, everything=True).problems == ()


def test_a_feature_that_is_added_leaves_scoring_and_the_monitor_as_they_were(
    make: Make, stores: Stores, run: Run
) -> None:
    model = make()
    narrow = model.revised(features=Features(numbers=("income",)), carry=("debt",))
    train(narrow, "2020-01", stores, run)
    expected = scored(narrow, "2020-02", stores, run)
    runner.run_score(model, model.cadence.window("2020-03"), stores, run)
    found = runner.run_monitor(model, model.cadence.window("2020-03"), stores, run)
    assert found.decision in ("hold", "retrain")
    assert found.outcomes
    pd.testing.assert_frame_equal(scored(model, "2020-02", stores, run), expected)
    assert train(model, "2020-02", stores, run).decision in ("promote", "reject")


def test_a_feature_that_is_removed_stops_scoring_by_name_and_asks_a_person_about_the_next_version(
    make: Make, stores: Stores, run: Run
) -> None:
    model = make()
    train(model, "2020-01", stores, run)
    narrow = make(change=lambda frame: frame.drop(columns="debt"), features=Features(numbers=("income",)))
    with pytest.raises(VersionMismatch, match="v1 was trained on debt, which the spec does not declare any more"):
        scored(narrow, "2020-02", stores, run)
    found = train(narrow, "2020-02", stores, run)
    assert found.decision == "needs_approval"
    assert "needs debt" in " ".join(reason.detail for reason in found.reasons)


def test_windows_that_were_recorded_with_other_columns_are_read_again_to_learn_from(
    make: Make, stores: Stores, run: Run
) -> None:
    def coded(frame: pd.DataFrame) -> pd.DataFrame:
        return frame.assign(branch=(frame["income"] > 0).astype(int))

    narrow = make(lambda frame: coded(frame).drop(columns="debt"), features=Features(numbers=("income", "branch")))
    train(narrow, "2020-01", stores, run)
    scored(narrow, "2020-02", stores, run)
    for features in (
        Features(numbers=("income", "branch", "debt")),
        Features(numbers=("income", "debt"), categories=("branch",)),
    ):
        estimator = Estimator("sklearn.ensemble:HistGradientBoostingClassifier", max_iter=5)
        wide = make(coded, features=features, estimator=estimator)
        if features.categories:
            wide = wide.revised(estimator=Estimator("sklearn.dummy:DummyClassifier", strategy="prior"))
        found = train(wide, "2020-03", stores, run)
        version = stores.registry.versions.get("loans", found.version)
        taken = stores.registry.snapshots.get_all("loans", version.snapshots)
        assert [item.window for item in taken] == ["2020-01", "2020-02", "2020-03"]
        assert all({*wide.columns} <= {*item.columns} for item in taken)
        assert {item.columns["branch"] for item in taken} == {"large_string" if features.categories else "double"}


def test_kept_code_names_no_file_outside_its_folder() -> None:
    for name in ("/x/y.txt", "../x.txt", "a/../../x.txt"):
        with pytest.raises(CorruptArtifact, match="outside its folder"):
            KeptCode(f'{{"files": {{"{name}": ""}}}}'.encode())
