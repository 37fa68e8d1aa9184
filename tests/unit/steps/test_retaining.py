"""Files that are older than the spec keeps them go, and the records say when; what is needed stays."""

from __future__ import annotations

import os
from datetime import timedelta
from pathlib import Path

import pytest

from tests.unit.steps.conftest import YEAR_AGO
from windvane import Keep, Model, steps
from windvane.errors import Erased, SpecError
from windvane.results import Run, Swept
from windvane.steps.data import register
from windvane.stores import Stores
from windvane.stores.references import references

AGES = Keep(documents="90d", reports="90d", explanations="90d")


def home(stores: Stores) -> Path:
    return Path(stores.artifacts.url).parent


def aged(stores: Stores) -> None:
    for file in (home(stores) / "artifacts").rglob("*"):
        if file.is_file():
            os.utime(file, (YEAR_AGO, YEAR_AGO))


def declared(stores: Stores, run: Run, keep: Keep | None) -> None:
    spec = Model.from_stored(stores.registry.models.get("loans").spec)
    register(spec.revised(keep=keep), stores, run)


def retired(stores: Stores, run: Run, *, remove: bool = True) -> list[Swept]:
    return list(steps.retire(stores, run.model_copy(update={"as_of": run.as_of + timedelta(days=3650)}), remove=remove))


def of(stores: Stores, kind: str) -> set[str]:
    return {item.digest for item in references(stores.registry.audit.rows("loans")) if item.kind == kind}


def test_what_is_old_goes_and_verify_says_when_it_went(lived: Stores, run: Run) -> None:
    declared(lived, run, AGES)
    aged(lived)
    found = retired(lived, run)
    gone = {item.name for item in found if item.removed}
    assert gone >= of(lived, "validation document") | of(lived, "report")
    assert gone <= of(lived, "validation document") | of(lived, "report") | of(lived, "explanation")
    proved = steps.verify("loans", lived, everything=True)
    assert proved.problems == ()
    assert any("removed on " in told and told.endswith(" by retention") for told in proved.erased)
    with pytest.raises(Erased, match=r"validation document .* was removed on .* by retention"):
        lived.artifacts.get(min(of(lived, "validation document")))


def test_the_champion_and_eligible_versions_keep_what_explains_them(lived: Stores, run: Run) -> None:
    declared(lived, run, AGES)
    aged(lived)
    kept = {item.name: item.kept for item in retired(lived, run) if item.kept}
    champion = lived.registry.champions.current("loans")
    assert champion is not None
    digest = lived.registry.versions.explanation("loans", champion.version)
    assert digest
    assert kept[digest].startswith("it explains ")
    assert lived.artifacts.has(digest)


def test_nothing_goes_that_is_young_or_of_a_kind_that_is_not_declared(lived: Stores, run: Run) -> None:
    aged(lived)
    assert retired(lived, run) == [], "nothing is declared"
    declared(lived, run, Keep(reports="90d"))
    assert {item.name for item in retired(lived, run)} == of(lived, "report")
    declared(lived, run, Keep(documents="9000d"))
    assert retired(lived, run) == []


def test_looking_changes_nothing_and_doing_it_again_neither(lived: Stores, run: Run) -> None:
    declared(lived, run, AGES)
    aged(lived)
    events, stored = len(lived.registry.audit.events("loans")), set(lived.artifacts.digests())
    seen = retired(lived, run, remove=False)
    assert (len(lived.registry.audit.events("loans")), set(lived.artifacts.digests())) == (events, stored)
    done = [item.name for item in retired(lived, run) if item.removed]
    assert done == [item.name for item in seen if not item.kept]
    assert [item for item in retired(lived, run) if not item.kept] == []


def test_what_was_killed_before_the_files_went_is_completed_by_the_next(
    lived: Stores, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    declared(lived, run, AGES)
    aged(lived)
    with monkeypatch.context() as patched:
        patched.setattr(type(lived.artifacts), "remove", _killed)
        with pytest.raises(KeyboardInterrupt):
            retired(lived, run)
    assert steps.verify("loans", lived, everything=True).problems == (), "what is still there is what it was"
    retired(lived, run)
    assert not any(lived.artifacts.has(digest) for digest in of(lived, "report"))


def _killed(*_: object) -> bool:
    raise KeyboardInterrupt


def test_what_is_written_again_is_there_and_held_to_its_digest(lived: Stores, run: Run) -> None:
    declared(lived, run, AGES)
    digest = min(of(lived, "validation document"))
    data = lived.artifacts.get(digest)
    aged(lived)
    retired(lived, run)
    assert lived.artifacts.put(data) == digest
    assert lived.artifacts.get(digest) == data
    assert steps.verify("loans", lived, everything=True).problems == ()
    (file,) = [path for path in home(lived).rglob("*") if f"sha256:{path.parent.name}{path.name}" == digest]
    file.chmod(0o600)
    file.write_bytes(b"x")
    assert steps.verify("loans", lived, everything=True).problems != ()


def test_an_age_of_less_than_a_day_is_refused() -> None:
    with pytest.raises(SpecError, match="shorter than a day"):
        Keep(reports="12h")
