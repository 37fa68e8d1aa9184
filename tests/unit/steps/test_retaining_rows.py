"""Snapshots and scores that are older than the spec keeps them go for good; what scores, and the next runs, stay."""

from __future__ import annotations

import os
import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pandas as pd
import pytest

from tests.unit.steps.conftest import DECLARED, GATE, YEAR_AGO, open_home, year
from windvane import Keep, Model, Source, steps
from windvane.errors import Erased, ErasedRows, NotReproduced
from windvane.pipeline import runner
from windvane.results import Run, Swept, Tombstone
from windvane.steps.data import register
from windvane.stores import Stores
from windvane.stores.datasets import read_snapshot
from windvane.stores.references import references

KEEP = Keep(snapshots="90d", scores="90d")
WEEKS = [f"{monday:%Y-%m-%d}" for monday in pd.date_range("2020-02-03", periods=16, freq="7D")]
RUN = Run(actor="cli:tester", as_of=datetime(2021, 6, 1, tzinfo=UTC), reason="a test")
LATER = RUN.model_copy(update={"as_of": RUN.as_of + timedelta(days=3650)})


@pytest.fixture(scope="module")
def many_weeks(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model with a champion of one week, one of the next, and many weeks that it scored."""
    home = tmp_path_factory.mktemp("weeks")
    year(1500).to_parquet(home / "rows.parquet")
    more = {"window": "week", "history": 2, "keep": KEEP, "min_rows": 20}
    model = Model(**DECLARED | more, source=Source.parquet(str(home / "rows.parquet")), gate=GATE)
    stores = open_home(home)
    for week in WEEKS[:2]:
        runner.run_train(model, model.cadence.window(week), stores, RUN)
    for week in WEEKS[2:]:
        runner.run_score(model, model.cadence.window(week), stores, RUN)
        if week != WEEKS[-1]:
            runner.run_monitor(model, model.cadence.window(week), stores, RUN)
    stores.registry.close()
    return home


@pytest.fixture
def aged(many_weeks: Path, tmp_path: Path) -> Stores:
    copy = tmp_path / "weeks"
    shutil.copytree(many_weeks, copy)
    for file in (copy / "artifacts").rglob("*"):
        os.utime(file, (YEAR_AGO, YEAR_AGO))
    return open_home(copy)


def retired(stores: Stores, *, remove: bool = True) -> list[Swept]:
    return list(steps.retire(stores, LATER, remove=remove))


def model_of(stores: Stores) -> Model:
    return Model.from_stored(stores.registry.models.get("loans").spec)


def parts(stores: Stores, window: str) -> list[str]:
    taken = stores.registry.snapshots.latest("loans", window, mature_only=False)
    assert taken is not None
    return [part.digest for part in taken.parts]


def test_old_rows_go_verify_is_clean_and_the_records_say_when(aged: Stores) -> None:
    gone = {item.name for item in retired(aged) if item.removed}
    old = WEEKS[2]
    current = aged.registry.scores.current("loans", old)
    assert current is not None
    assert {current.artifact, *parts(aged, old)} <= gone
    assert not any(aged.artifacts.has(digest) for digest in gone)
    rows = {
        item.digest
        for item in references(aged.registry.audit.rows("loans"))
        if item.kind in ("scores", "snapshot part")
    }
    assert gone <= rows, "nothing but rows is declared"
    proved = steps.verify("loans", aged, everything=True)
    assert proved.problems == ()
    (told,) = proved.erased
    assert "removed on " in told
    assert told.endswith("by retention")
    with pytest.raises(Erased, match=r"scores .* was removed on .* by retention"):
        aged.artifacts.get(current.artifact)
    traced = steps.lineage("loans", aged, window=old)
    assert traced.snapshot is not None
    assert "rows were removed on" in traced.snapshot.erased
    assert "by retention" in traced.snapshot.erased
    assert [item for item in retired(aged) if not item.kept] == [], "again is nothing more"


def test_what_scores_and_what_the_next_runs_need_stays(aged: Stores) -> None:
    model, champion = model_of(aged), aged.registry.champions.current("loans")
    assert champion is not None
    why = {item.name: item.kept for item in retired(aged) if item.kept}
    assert any("the champion" in text for text in why.values())
    version = aged.registry.versions.get("loans", champion.version)
    assert steps.reproduce("loans", champion.version, aged).same
    for taken in aged.registry.snapshots.get_all("loans", version.snapshots):
        assert all(aged.artifacts.has(part.digest) for part in taken.parts)
    window = model.cadence.window(WEEKS[-1])
    runner.run_monitor(model, window, aged, RUN, report=True)  # looks back, and at what the champion was trained on
    runner.run_train(model, window, aged, RUN)  # of this week and the one before
    runner.run_score(model, model.cadence.next(window), aged, RUN)
    last = aged.registry.scores.current("loans", WEEKS[-1])
    assert last is not None
    assert aged.artifacts.has(last.artifact)
    assert steps.verify("loans", aged, everything=True).problems == ()


def test_the_version_that_a_rollback_brings_back_keeps_its_rows(aged: Stores) -> None:
    moves = aged.registry.champions.promotions("loans")
    if len(moves) < 2:
        pytest.fail("the second week is to have made a champion too")
    before = min(moves, key=lambda move: move.epoch).version
    retired(aged)
    assert steps.reproduce("loans", before, aged).same


def test_rows_that_went_are_not_taken_again(aged: Stores) -> None:
    retired(aged)
    model, there = model_of(aged), set(aged.artifacts.digests())
    with pytest.raises(ErasedRows, match=r"was removed on .* by retention .*declare a longer age"):
        runner.run_score(model, model.cadence.window(WEEKS[2]), aged, RUN)
    assert set(aged.artifacts.digests()) == there, "what was read is taken away again"


def test_a_version_whose_rows_went_says_so(aged: Stores) -> None:
    version = aged.registry.versions.get("loans", 1)
    seen = aged.registry.audit.events("loans", limit=1)[0].seq
    buried = [Tombstone(model="loans", digest=digest, kind="snapshot", removed=9) for digest in version.snapshots]
    assert aged.registry.erasures.retire("loans", seen, buried, {}, RUN)
    with pytest.raises(NotReproduced, match=r"9 rows of snapshot .* removed on .* by retention"):
        steps.reproduce("loans", 1, aged)


def test_nothing_goes_that_is_not_declared_and_looking_changes_nothing(aged: Stores) -> None:
    stored, events = set(aged.artifacts.digests()), len(aged.registry.audit.events("loans"))
    seen = {item.name for item in retired(aged, remove=False) if not item.kept}
    assert (set(aged.artifacts.digests()), len(aged.registry.audit.events("loans"))) == (stored, events)
    register(model_of(aged).revised(keep=Keep(scores="90d")), aged, RUN)
    gone = {item.name for item in retired(aged) if item.removed}
    assert gone < seen
    assert all(aged.artifacts.has(digest) for digest in parts(aged, WEEKS[2]))


def test_a_sweep_that_was_killed_is_named_by_verify_and_completed_by_the_next(
    aged: Stores, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patched:
        patched.setattr(type(aged.artifacts), "remove", _killed)
        with pytest.raises(KeyboardInterrupt):
            retired(aged)
    named = {item.error for item in steps.verify("loans", aged, everything=True).problems}
    assert named == {"NotErased"}
    assert "sweep --yes" in steps.verify("loans", aged).problems[0].remedy
    retired(aged)
    assert steps.verify("loans", aged, everything=True).problems == ()


def _killed(*_: object) -> bool:
    raise KeyboardInterrupt


def test_an_erasure_after_it_goes_on_with_what_is_left(aged: Stores) -> None:
    retired(aged)
    model = model_of(aged)
    window = model.cadence.window(WEEKS[-1])
    taken = aged.registry.snapshots.latest("loans", window.key, mature_only=False)
    assert taken is not None
    key = str(read_snapshot(taken, aged.artifacts)["loan_id"].iloc[0])
    done = steps.erase("loans", [key], aged, RUN, remove=True)
    assert WEEKS[-1] in done.windows
    assert WEEKS[2] not in done.windows
    assert done.versions == (), "no version was trained on that week"
    assert steps.verify("loans", aged, everything=True).problems == ()
