"""A model that is renamed keeps its history: every name leads to it, and what is made is what would have been made."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.unit.steps.conftest import DECLARED
from windvane import Model, steps
from windvane.errors import IllegalMove, ModelExists, UnknownModel
from windvane.pipeline import runner
from windvane.results import Run
from windvane.stores import Stores, open_stores

Make = Callable[..., Model]


def _year(model: Model, stores: Stores, run: Run, last: str, first: int = 1) -> list[object]:
    """Train, score and monitor months in order, and return what is to be the same whatever the model is called."""
    found: list[object] = []
    for month in range(first, int(last[-2:]) + 1):
        window = model.cadence.window(f"2020-{month:02}")
        made = runner.run_train(model, window, stores, run)
        found.append((made.version, made.digest, made.snapshot, made.decision))
        following = model.cadence.next(window)
        scores = runner.run_score(model, following, stores, run)
        watched = runner.run_monitor(model, following, stores, run, retrain=False)
        found.append((scores.artifact, scores.version, watched.decision, watched.loss))
    return found


def test_what_a_renamed_model_makes_is_what_it_would_have_made(make: Make, tmp_path: Path, run: Run) -> None:
    model = make()
    plain = open_stores(f"sqlite:///{tmp_path}/plain/registry.db", str(tmp_path / "plain" / "artifacts"))
    renamed = open_stores(f"sqlite:///{tmp_path}/renamed/registry.db", str(tmp_path / "renamed" / "artifacts"))
    expected = _year(model, plain, run, "2020-03")
    before = _year(model, renamed, run, "2020-01")
    assert steps.rename("loans", "credit", renamed, run).name == "credit"
    after = _year(model.revised(name="credit"), renamed, run, "2020-03", first=2)
    assert before + after == expected
    kinds = [event.kind for event in renamed.registry.audit.events("credit")]
    assert kinds.count("model.renamed") == 1
    assert "model.changed" not in kinds  # its declaration is the same
    assert steps.verify("credit", renamed, everything=True).problems == ()
    assert renamed.registry.versions.all("loans") == renamed.registry.versions.all("credit")


def test_every_name_leads_to_the_history_and_the_last_one_is_shown(make: Make, stores: Stores, run: Run) -> None:
    model = make()
    runner.run_train(model, model.cadence.window("2020-01"), stores, run)
    models = stores.registry.models
    for name in ("credit", "lending", "loans", "credit"):
        steps.rename("loans", name, stores, run)
        assert models.called() == {"loans": name}
        with stores.registry.read() as moment:
            assert moment.names() == {"loans": name}
    for name in ("loans", "credit", "lending"):
        assert models.recorded(name) == "loans"
        assert models.get(name).name == "loans"
        assert stores.registry.versions.get(name, 1).version == 1
        assert runner.run_train(model.revised(name=name), model.cadence.window("2020-01"), stores, run).model == "loans"
    assert steps.verify("lending", stores, everything=True).problems == ()


def test_a_name_is_one_models(make: Make, stores: Stores, run: Run) -> None:
    model = make()
    runner.run_train(model, model.cadence.window("2020-01"), stores, run)
    other = model.revised(name="houses")
    runner.run_train(other, model.cadence.window("2020-01"), stores, run)
    steps.rename("loans", "credit", stores, run)
    steps.rename("houses", "homes", stores, run)
    for taken in ("houses", "homes"):
        with pytest.raises(ModelExists, match="the name of another model"):
            steps.rename("credit", taken, stores, run)
    with pytest.raises(IllegalMove, match="called credit already"):
        steps.rename("loans", "credit", stores, run)
    with pytest.raises(IllegalMove, match="no name of a model"):
        steps.rename("loans", "Credit cards", stores, run)
    with pytest.raises(UnknownModel):
        steps.rename("nobody", "somebody", stores, run)
    assert stores.registry.models.called() == {"houses": "homes", "loans": "credit"}


def test_a_renamed_model_moves_with_its_names(make: Make, stores: Stores, run: Run, tmp_path: Path) -> None:
    model = make()
    runner.run_train(model, model.cadence.window("2020-01"), stores, run)
    steps.rename("loans", "credit", stores, run)
    steps.export_model("credit", tmp_path / "file", stores)
    there = open_stores(f"sqlite:///{tmp_path}/there/registry.db", str(tmp_path / "there" / "artifacts"))
    steps.import_model(tmp_path / "file", there)
    assert there.registry.models.called() == {"loans": "credit"}
    assert there.registry.versions.get("credit", 1).version == 1
    assert steps.import_model(tmp_path / "file", there).known
    other = open_stores(f"sqlite:///{tmp_path}/other/registry.db", str(tmp_path / "other" / "artifacts"))
    runner.run_train(model.revised(name="credit"), model.cadence.window("2020-01"), other, run)
    with pytest.raises(ModelExists, match="called credit"):
        steps.import_model(tmp_path / "file", other)
    assert list(other.registry.models.called()) == ["credit"]


def test_check_knows_what_a_name_means(make: Make, stores: Stores, run: Run) -> None:
    model = make()
    runner.run_train(model, model.cadence.window("2020-01"), stores, run)
    new = model.revised(name="credit")
    (perhaps,) = steps.remarks([new], stores)
    assert (perhaps.wrong, perhaps.remedy) == (
        False,
        "to go on with that history: windvane rename loans credit",
    )
    assert steps.remarks([new, model], stores) == []  # a copy beside the first one
    assert steps.remarks([new.revised(seed=7)], stores) == []
    steps.rename("loans", "credit", stores, run)
    assert steps.remarks([new], stores) == []
    (old,) = steps.remarks([model], stores)
    assert not old.wrong
    assert "credit" in old.cause
    both = steps.remarks([new, model], stores)
    assert [item.wrong for item in both] == [True, True]
    assert steps.changes(steps.as_recorded(new, stores), stores) == []
    assert DECLARED["name"] == "loans"
