"""What was published stays published: scoring again does not rewrite history, and what is current has one path."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from windvane import Gate, Model, rule, steps
from windvane.errors import AlreadyPublished, IllegalMove
from windvane.pipeline import runner
from windvane.results import Publication, Run
from windvane.steps.pointing import astray, point
from windvane.stores import Stores
from windvane.stores.datasets import read_scores
from windvane.stores.pointers import Pointers, scores_pointer

Make = Callable[..., Model]
SERVED = ("2020-03", "2020-04")


def train(model: Model, key: str, stores: Stores, run: Run) -> None:
    runner.run_train(model, model.cadence.window(key), stores, run, without=("explain",))


def score(model: Model, key: str, stores: Stores, run: Run, **more: Any) -> Publication:
    return runner.run_score(model, model.cadence.window(key), stores, run, **more)


def told(stores: Stores, key: str) -> dict[str, Any]:
    """Return what the stable path of a window says."""
    assert isinstance(stores.artifacts, Pointers)
    data = stores.artifacts.pointer(scores_pointer("loans", key))
    assert data is not None
    found: dict[str, Any] = json.loads(data)
    return found


@pytest.fixture
def served(make: Make, stores: Stores, run: Run) -> Model:
    """The demo's late February: v1 of January served March and April, then v2 of February became eligible for them."""
    model = make(gate=Gate(rule.better_than_baseline()))
    train(model, "2020-01", stores, run)
    for key in SERVED:
        assert score(model, key, stores, run).version == 1
    train(model, "2020-02", stores, run)
    allowed = steps.may_score(model, model.cadence.window("2020-03"), stores)
    assert allowed is not None
    assert allowed.version == 2
    return model


def test_a_backfill_of_scores_publishes_nothing_new(served: Model, stores: Stores, run: Run) -> None:
    before = stores.registry.scores.publications("loans")
    for key in SERVED:
        assert score(served, key, stores, run).version == 1
    assert stores.registry.scores.publications("loans") == before
    lineage = steps.lineage("loans", stores, key="03-0007")
    assert (lineage.origin.version.version, bool(lineage.origin.promotions)) == (1, True)


def test_rows_that_came_late_are_published_by_the_version_that_served(served: Model, stores: Stores, run: Run) -> None:
    file = Path(served.source.path)
    rows = pd.read_parquet(file)
    rows.assign(income=rows["income"].where(rows["loan_id"] != "03-0007", 3.0)).to_parquet(file)
    first, second = stores.registry.scores.current("loans", "2020-03"), score(served, "2020-03", stores, run)
    assert first is not None
    assert (second.publication, second.version, second.reason) == (2, 1, run.reason)
    assert second.artifact != first.artifact
    lineage = steps.lineage("loans", stores, key="03-0007")
    scores = [item.prediction["score"] for item in lineage.publications if item.prediction]
    assert len(set(scores)) == 2
    assert [item.current for item in lineage.publications] == [False, True]
    assert lineage.prediction == lineage.publications[-1].prediction
    assert steps.verify("loans", stores, everything=True).problems == ()


def test_a_person_replaces_with_a_reason_and_what_served_is_still_shown(
    served: Model, stores: Stores, run: Run
) -> None:
    silent = run.model_copy(update={"reason": " "})
    with pytest.raises(IllegalMove, match="no reason says why"):
        score(served, "2020-03", stores, silent, replace=True)
    first = stores.registry.scores.current("loans", "2020-03")
    second = score(served, "2020-03", stores, run, replace=True)
    assert first is not None
    assert (second.publication, second.version, second.actor) == (2, 2, run.actor)
    assert score(served, "2020-03", stores, run) == second, "and from now on that is what served it"
    assert score(served, "2020-03", stores, run, replace=True) == second, "replacing it with itself changes nothing"
    now = steps.lineage("loans", stores, key="03-0007")
    then = steps.lineage("loans", stores, key="03-0007", as_of=first.at)
    assert [now.origin.version.version, then.origin.version.version] == [2, 1]
    assert [item.publication.version for item in now.publications] == [1, 2]
    assert stores.registry.scores.current("loans", "2020-03", first.at) == first
    assert stores.registry.scores.current("loans", "2020-04").version == 1  # type: ignore[union-attr]  # it is there
    event = next(item for item in stores.registry.audit.events("loans") if item.kind == "scores.published")
    assert (event.payload["publication"], event.payload["reason"]) == (2, run.reason)


def test_a_key_that_only_an_earlier_publication_has_is_found_there(served: Model, stores: Stores, run: Run) -> None:
    file = Path(served.source.path)
    rows = pd.read_parquet(file)
    rows[rows["loan_id"] != "03-0007"].to_parquet(file)
    score(served, "2020-03", stores, run)
    found = steps.lineage("loans", stores, key="03-0007")
    assert found.prediction is None
    assert [bool(item.prediction) for item in found.publications] == [True, False]
    assert found.scores is not None
    assert found.scores.publication == 2


def test_scores_are_replaced_only_as_they_were_seen(served: Model, stores: Stores, run: Run) -> None:
    """Two people replace at once: the later one is told, and nothing of theirs is published."""
    window = served.cadence.window("2020-03")
    snapshot = steps.snapshot(served, window, stores, run)
    slow = steps.score(served, window, snapshot.digest, stores, run, True)
    train(served, "2020-02", stores, run)
    score(served, "2020-03", stores, run, replace=True)
    other = slow.model_copy(update={"version": 1})
    with pytest.raises(AlreadyPublished, match="publication 2, by v2, is current, not publication 1"):
        steps.publish(served, other, stores, run)


def test_a_run_that_was_overtaken_publishes_what_served(served: Model, stores: Stores, run: Run) -> None:
    """It scored with the champion of its moment; before it published, another run did with another champion."""
    window = served.cadence.window("2020-06")
    snapshot = steps.snapshot(served, window, stores, run)
    slow = steps.score(served, window, snapshot.digest, stores, run)
    train(served, "2020-05", stores, run)
    first = score(served, "2020-06", stores, run)
    assert (slow.version, first.version) == (2, 3)
    assert steps.publish(served, slow, stores, run) == first
    assert len(stores.registry.scores.publications("loans", "2020-06")) == 1


def test_two_runs_at_once_end_in_one_sequence_and_one_current_path(served: Model, stores: Stores, run: Run) -> None:
    window = served.cadence.window("2020-03")
    snapshot = steps.snapshot(served, window, stores, run)
    mine = steps.score(served, window, snapshot.digest, stores, run)
    frame = read_scores(mine.artifact, stores.artifacts)
    from windvane.stores.datasets import write_scores

    others = [
        mine.model_copy(
            update={"artifact": write_scores(frame.iloc[number:], stores.artifacts), "rows": len(frame) - number}
        )
        for number in range(1, 9)
    ]
    threads = [threading.Thread(target=steps.publish, args=(served, item, stores, run)) for item in others]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    every = stores.registry.scores.publications("loans", "2020-03")
    assert [item.publication for item in every] == list(range(9, 0, -1))
    assert told(stores, "2020-03")["publication"] == 9
    assert list(astray("loans", stores)) == []


def test_the_stable_path_leads_to_the_file_of_what_is_current(served: Model, stores: Stores, run: Run) -> None:
    found = score(served, "2020-03", stores, run, replace=True)
    said = told(stores, "2020-03")
    assert (said["publication"], said["version"], said["rows"]) == (2, 2, found.rows)
    frame = pd.read_parquet(Path(stores.artifacts.url) / said["file"])
    assert frame.equals(read_scores(found.artifact, stores.artifacts))


@pytest.mark.parametrize("damage", ["lost", "old", "nonsense"])
def test_a_path_whose_writer_was_killed_is_told_and_repaired_by_a_sweep(
    served: Model, stores: Stores, run: Run, damage: str
) -> None:
    path = Path(stores.artifacts.url) / scores_pointer("loans", "2020-03")
    old = path.read_bytes()
    found = score(served, "2020-03", stores, run, replace=True)
    whole = path.read_bytes()
    if damage == "lost":
        path.unlink()
    else:
        path.write_bytes(old if damage == "old" else b"{")
    problems = steps.verify("loans", stores).problems
    assert [item.error for item in problems] == ([] if damage == "lost" else ["CorruptArtifact"])
    cutoff = found.moment
    for remove in (False, True):
        (swept,) = [item for item in steps.sweep(stores, cutoff, remove=remove) if item.kind == "pointer"]
        assert (swept.name, swept.removed) == (scores_pointer("loans", "2020-03"), remove)
    assert path.read_bytes() == whole
    assert [item for item in steps.sweep(stores, cutoff, remove=True) if item.kind == "pointer"] == []
    assert steps.verify("loans", stores).problems == ()


def test_a_sweep_keeps_the_file_of_every_publication(served: Model, stores: Stores, run: Run) -> None:
    from datetime import UTC, datetime

    score(served, "2020-03", stores, run, replace=True)
    list(steps.sweep(stores, datetime.now(UTC).replace(year=2099), remove=True))
    for item in stores.registry.scores.publications("loans"):
        assert stores.artifacts.has(item.artifact)
    assert steps.verify("loans", stores, everything=True).problems == ()


def test_publications_and_paths_move_with_a_model(served: Model, stores: Stores, run: Run, tmp_path: Path) -> None:
    from tests.unit.steps.conftest import open_home

    score(served, "2020-03", stores, run, replace=True)
    steps.export_model("loans", tmp_path / "loans.tar", stores)
    there = open_home(tmp_path / "there")
    steps.import_model(tmp_path / "loans.tar", there)
    assert there.registry.scores.publications("loans") == stores.registry.scores.publications("loans")
    assert told(there, "2020-03") == told(stores, "2020-03")
    assert not point("loans", "2020-03", there)


def test_the_monitor_judges_what_was_current_when_it_looked_and_says_so(
    served: Model, stores: Stores, run: Run
) -> None:
    window = served.cadence.window("2020-03")
    first = runner.run_monitor(served, window, stores, run, retrain=False, report=False)
    assert (first.version, first.publication) == (1, 1)
    score(served, "2020-03", stores, run, replace=True)
    assert stores.registry.monitoring.results("loans", "2020-03")[0].publication == 1
    second = runner.run_monitor(served, window, stores, run, retrain=False, report=False)
    assert (second.version, second.publication) == (2, 2)
