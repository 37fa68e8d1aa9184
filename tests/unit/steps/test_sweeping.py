"""A sweep takes what nothing refers to and is old, and never what a writer at work is about to refer to."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.unit.steps.conftest import YEAR_AGO
from tests.unit.steps.test_verifying import file_of
from tests.unit.stores.sql.places import Place
from windvane import Model, steps
from windvane.errors import AuditLogBroken, MissingArtifact, UnknownModel
from windvane.results import Run, Scores, Swept
from windvane.steps.pointing import point
from windvane.stores import Entry, FolderArtifacts, Stores

ROOT = Path(__file__).resolve().parents[3]
WEEK_AGO = datetime.now(UTC) - timedelta(days=7)


def old(stores: Stores, data: bytes) -> str:
    digest = stores.artifacts.put(data)
    os.utime(file_of(stores, digest), (YEAR_AGO, YEAR_AGO))
    return digest


def sweep(stores: Stores, *, remove: bool = True) -> list[Swept]:
    return list(steps.sweep(stores, WEEK_AGO, remove=remove))


def names(found: list[Swept]) -> set[str]:
    return {item.name for item in found}


def test_what_a_whole_life_refers_to_stays(lived: Stores) -> None:
    before = set(lived.artifacts.digests())
    gone = names([item for item in sweep(lived) if item.removed])
    assert set(lived.artifacts.digests()) == before - gone
    assert len(gone) == 3  # the checks that one task handed to the next
    assert steps.verify("loans", lived, everything=True).problems == ()
    assert sweep(lived) == []


def test_what_a_crashed_attempt_left_is_shown_with_size_age_and_why_and_then_removed(lived: Stores) -> None:
    sweep(lived)
    digest = old(lived, b"half a version")
    partial = file_of(lived, digest).with_name(".partial-x")
    partial.write_bytes(b"half an artifact")
    os.utime(partial, (YEAR_AGO, YEAR_AGO))
    shown = sweep(lived, remove=False)
    assert {(item.kind, item.bytes, item.removed, item.kept) for item in shown} == {
        ("artifact", 14, False, ""),
        ("unfinished write", 16, False, ""),
    }
    assert all(item.since.timestamp() == pytest.approx(YEAR_AGO, abs=1) and item.why for item in shown)
    assert lived.artifacts.has(digest)
    assert partial.exists()
    assert all(item.removed for item in sweep(lived))
    assert not lived.artifacts.has(digest)
    assert not partial.exists()


def test_what_is_young_stays_and_is_told(lived: Stores) -> None:
    sweep(lived)
    digest = lived.artifacts.put(b"a run is at work on this")
    (item,) = sweep(lived)
    assert (item.name, item.removed) == (digest, False)
    assert item.kept == "it is too young: a run that is at work may need it"
    assert lived.artifacts.has(digest)


def test_the_artifacts_of_another_registry_are_not_swept(lived: Stores, stores: Stores, run: Run) -> None:
    with pytest.raises(UnknownModel, match="do not belong together: it knows no model"):
        sweep(Stores(stores.registry, lived.artifacts))
    stores.artifacts.put(b"something")
    with pytest.raises(MissingArtifact, match="do not belong together: nothing that it refers to is there"):
        sweep(Stores(lived.registry, stores.artifacts))


def test_nothing_is_swept_by_a_registry_that_does_not_know_any_more_what_it_refers_to(
    lived: Stores,
) -> None:
    Place(lived.registry.url).tamper("UPDATE snapshots SET manifest = '{}' WHERE \"window\" = '2020-04'")
    before = set(lived.artifacts.digests())
    with pytest.raises(AuditLogBroken):
        sweep(lived)
    assert set(lived.artifacts.digests()) == before


class Meanwhile(FolderArtifacts):
    """Artifacts beside which somebody writes at a chosen moment of a sweep."""

    waiting: list[Callable[[], None]]
    when = ""

    def _now(self, moment: str) -> None:
        if moment == self.when and self.waiting:
            self.waiting.pop()()

    def entries(self) -> Iterator[Entry]:
        self._now("before the listing")
        found = list(super().entries())
        self._now("after the listing")
        yield from found

    def remove(self, digest: str, before: datetime) -> bool:
        self._now("before the removal")
        gone = super().remove(digest, before)
        self._now("after the removal")
        return gone


@pytest.mark.parametrize("registers", ["meanwhile", "later"])
@pytest.mark.parametrize(
    "moment", ["before the listing", "after the listing", "before the removal", "after the removal"]
)
def test_bytes_that_a_writer_finds_there_and_then_registers_stay(
    lived: Stores, run: Run, moment: str, registers: str
) -> None:
    sweep(lived)
    data = b"scores that an earlier attempt left, to the byte"
    digest = old(lived, data)
    watched = Meanwhile(Path(lived.artifacts.url))
    stores = Stores(lived.registry, watched)
    scores = lived.registry.scores.published("loans")[0].model_copy(update={"artifact": digest})

    def write() -> None:
        assert lived.artifacts.put(data) == digest
        if registers == "meanwhile":
            lived.registry.scores.add(scores, run)

    watched.waiting, watched.when = [write], moment
    sweep(stores)
    assert not watched.waiting, "the moment never came"
    lived.registry.scores.add(scores, run)
    point("loans", scores.window, lived)
    assert lived.artifacts.get(digest) == data
    assert sweep(lived) == []


WRITER = """
import sys
from datetime import UTC, datetime
from pathlib import Path
from tests.unit.steps.conftest import open_home
from windvane.results import Run
stores = open_home(Path(sys.argv[1]))
run = Run(actor="cli:writer", as_of=datetime(2021, 6, 1, tzinfo=UTC))
scores = stores.registry.scores.published("loans")[0]
for number in range(40):
    digest = stores.artifacts.put(b"found there %d" % number)
    stores.registry.scores.add(scores.model_copy(update={"artifact": digest}), run)
    print(digest, flush=True)
"""


def test_a_sweep_in_one_process_and_a_writer_in_another_lose_nothing(lived: Stores) -> None:
    for number in range(40):
        old(lived, b"found there %d" % number)
    home = Path(lived.artifacts.url).parent
    command = [sys.executable, "-c", WRITER, str(home)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT) as writer:
        while writer.poll() is None:
            sweep(lived)
        written, _ = writer.communicate()
    assert (writer.returncode, len(written.split())) == (0, 40)
    sweep(lived)
    assert [digest for digest in written.split() if not lived.artifacts.has(digest)] == []


def test_a_step_that_comes_too_late_names_what_is_gone(lived: Stores, run: Run) -> None:
    digest = old(lived, b"scored a year ago, and never published")
    last = lived.registry.scores.published("loans")[0]
    late = Scores.model_validate({**last.model_dump(), "artifact": digest})
    sweep(lived)
    model = Model.model_validate(lived.registry.models.get("loans").spec)
    with pytest.raises(MissingArtifact, match="are not there any more"):
        steps.publish(model, late, lived, run)
    assert lived.registry.scores.published("loans")[0] == last
