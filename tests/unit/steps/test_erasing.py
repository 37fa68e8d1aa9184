"""A person's rows go for good: no byte of the store or the registry tells of them, and the audit log stays whole."""

from __future__ import annotations

import io
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow.parquet as pq
import pytest

from tests.unit.steps.conftest import YEAR_AGO
from windvane import Gate, Model, Publish, Source, rule, steps
from windvane.errors import Erased, ErasedRows, IllegalMove, NotReproduced, UnknownPrediction
from windvane.pipeline import runner
from windvane.results import Erasure, Explanation, Run
from windvane.stores import Stores
from windvane.stores.datasets import read_scores, read_snapshot

Make = Callable[..., Model]
WINDOWS = ("2020-03", "2020-04", "2020-05", "2020-06")
KEYS = tuple(f"{window[-2:]}-{number:04}" for window in WINDOWS for number in range(0, 900, 100))


def home(stores: Stores) -> Path:
    return Path(stores.artifacts.url).parent


def found_in(folder: Path, keys: tuple[str, ...]) -> list[str]:
    """Return where one of some texts stands in a home: in the bytes of a file, or in a value of a Parquet file."""
    files = [*(folder / "artifacts").rglob("*"), *folder.glob("registry.db*")]
    return [f"{file.name}: {key}" for file in files if file.is_file() for key in _told(file, keys)]


def _told(file: Path, keys: tuple[str, ...]) -> Iterator[str]:
    data = file.read_bytes()
    yield from (key for key in keys if key.encode() in data)
    if data.startswith(b"PAR1"):
        frame = pq.read_table(io.BytesIO(data)).to_pandas()
        values = {str(value) for name in frame.columns for value in frame[name].unique()}
        yield from (key for key in keys if key in values)


def erase(stores: Stores, run: Run, *keys: str, **more: Any) -> Erasure:
    return steps.erase("loans", keys or KEYS, stores, run, **({"remove": True} | more))


def test_nothing_of_erased_rows_is_found_and_the_audit_log_says_who_erased_them(lived: Stores, run: Run) -> None:
    assert found_in(home(lived), KEYS), "they are there before"
    before = lived.registry.scores.publications("loans")
    trained = {item.version for item in lived.registry.versions.all("loans")}
    found = erase(lived, run)
    assert (found.windows, found.keys, set(found.versions)) == (WINDOWS, len(KEYS), trained)
    assert (found.kept, found.done) == ((), True)
    lived.registry.close()
    assert found_in(home(lived), KEYS) == []
    proved = steps.verify("loans", lived, everything=True)
    assert proved.problems == ()
    (told,) = proved.erased
    assert told.endswith("by cli:tester: a test")
    assert told.startswith(f"{len(KEYS):,} rows of ")
    now = lived.registry.scores.current("loans", "2020-04")
    was = next(item for item in before if item.window == "2020-04")
    assert now is not None
    assert (now.publication, now.rows, now.version) == (was.publication + 1, was.rows - 9, was.version)
    assert not set(KEYS) & set(read_scores(was.artifact, lived.artifacts)["loan_id"]), "it leads to the rest"


def test_erasing_again_changes_nothing(lived: Stores, run: Run) -> None:
    first = erase(lived, run)
    events = lived.registry.audit.events("loans")
    again = erase(lived, run)
    assert (again.rows, again.tombstones, again.removed) == (0, (), 0)
    assert again.versions == first.versions
    assert lived.registry.audit.events("loans") == events


def test_looking_changes_nothing(lived: Stores, run: Run) -> None:
    stored, events = set(lived.artifacts.digests()), lived.registry.audit.events("loans")
    seen = erase(lived, run, remove=False)
    assert (seen.done, seen.rows > len(KEYS)) == (False, True)
    assert (set(lived.artifacts.digests()), lived.registry.audit.events("loans")) == (stored, events)
    assert erase(lived, run).rows == seen.rows


def test_what_is_left_is_what_a_source_without_the_rows_gives(make: Make, stores: Stores, run: Run) -> None:
    model = make()
    window = model.cadence.window("2020-03")
    taken = steps.snapshot(model, window, stores, run)
    erase(stores, run, "03-0007", "03-0100")
    left = stores.registry.snapshots.latest("loans", "2020-03", mature_only=True)
    assert left is not None
    assert (left.rows, left.outcomes) == (taken.rows - 2, taken.outcomes - 2)
    other = make(lambda rows: rows[~rows["loan_id"].isin(["03-0007", "03-0100"])])
    assert steps.snapshot(other, window, stores, run).digest == left.digest
    assert len(read_snapshot(taken, stores.artifacts)) == left.rows, "the old manifest leads to the rest too"


def test_a_source_that_still_has_the_rows_is_refused_and_leaves_none_of_them(
    make: Make, stores: Stores, run: Run
) -> None:
    model = make()
    window = model.cadence.window("2020-03")
    steps.snapshot(model, window, stores, run)
    erase(stores, run, "03-0007")
    with pytest.raises(ErasedRows, match=r"2020-03 has them again: .* by cli:tester: a test"):
        steps.snapshot(model, window, stores, run)
    assert found_in(home(stores), ("03-0007",)) == []
    assert steps.verify("loans", stores).problems == ()


def test_a_version_that_erased_rows_trained_is_not_made_again_and_another_one_is(lived: Stores, run: Run) -> None:
    number = erase(lived, run).versions[0]
    with pytest.raises(NotReproduced, match=r"9 rows of snapshot .* were erased on .*, by cli:tester: a test"):
        steps.reproduce("loans", number, lived)
    version = lived.registry.versions.get("loans", number)
    lineage = steps.lineage("loans", lived, version=number)
    assert "9 of its rows were erased on " in lineage.origin.snapshots[-1].erased
    model = Model.from_stored(lived.registry.models.get("loans").spec)
    file = Path(str(model.source.path))
    rows = pd.read_parquet(file)
    cleaned = file.with_name("cleaned.parquet")
    rows[~rows["loan_id"].isin(KEYS)].to_parquet(cleaned)
    model = model.model_copy(update={"source": Source.parquet(str(cleaned))})
    new = runner.run_train(model, model.cadence.window(version.window), lived, run, without=("explain",))
    assert new is not None
    assert new.version > max(erase(lived, run).versions)


def test_a_snapshot_of_before_the_rows_came_is_the_latest_again(make: Make, stores: Stores, run: Run) -> None:
    window = make().cadence.window("2020-03")
    first = steps.snapshot(make(lambda rows: rows[rows["loan_id"] != "03-0007"]), window, stores, run)
    steps.snapshot(make(), window, stores, run)
    erase(stores, run, "03-0007")
    assert stores.registry.snapshots.latest("loans", "2020-03", mature_only=True) == first
    assert steps.verify("loans", stores).problems == ()


def test_a_run_that_began_before_an_erasure_goes_on_with_what_is_left(make: Make, stores: Stores, run: Run) -> None:
    model = make(gate=Gate(rule.better_than_baseline()))
    runner.run_train(model, model.cadence.window("2020-01"), stores, run, without=("explain",))
    window = model.cadence.window("2020-03")
    taken = steps.snapshot(model, window, stores, run)
    early = steps.score(model, window, taken.digest, stores, run)
    erase(stores, run, "03-0007")
    with pytest.raises(ErasedRows, match="was scored: snapshot"):
        steps.publish(model, early, stores, run)
    late = steps.score(model, window, taken.digest, stores, run)
    assert steps.publish(model, late, stores, run).rows == taken.rows - 1
    assert steps.verify("loans", stores, everything=True).problems == ()


def test_a_lost_key_is_told_with_who_erased_rows(lived: Stores, run: Run) -> None:
    assert steps.lineage("loans", lived, key="04-0100").prediction
    erase(lived, run)
    with pytest.raises(UnknownPrediction, match=r"rows of this model were erased on .*, by cli:tester: a test"):
        steps.lineage("loans", lived, key="04-0100")
    assert steps.lineage("loans", lived, key="04-0101").prediction


def test_explanations_documents_reports_and_rare_values_go_too(lived: Stores, run: Run) -> None:
    explanations = [Explanation.from_json(lived.artifacts.get(digest)) for digest in _explained(lived)]
    keys = {item.key for found in explanations for item in found.disagreements}
    assert keys, "some explanation names rows"
    document = lived.registry.snapshots.validations("loans", _latest(lived, "2020-04"))[0].document
    assert document
    found = erase(lived, run, *sorted(keys), *KEYS)
    assert {item.kind for item in found.tombstones} >= {"explanation", "validation document", "report", "scores"}
    for digest in _explained(lived):
        assert Explanation.from_json(lived.artifacts.get(digest)).disagreements == ()
    with pytest.raises(Erased, match=r"validation document .* was erased on .*, by cli:tester: a test"):
        lived.artifacts.get(document)


def _explained(stores: Stores) -> list[str]:
    numbers = [item.version for item in stores.registry.versions.all("loans")]
    found = [stores.registry.versions.explanation("loans", number) for number in numbers]
    return [digest for digest in found if digest]


def _latest(stores: Stores, key: str) -> str:
    found = stores.registry.snapshots.latest("loans", key, mature_only=False)
    assert found is not None
    return found.digest


def test_an_erasure_that_was_cut_short_is_completed_by_the_next(
    lived: Stores, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Recorded, and killed before a file was removed: `verify` names what is still there, and the next one ends it."""
    monkeypatch.setattr("windvane.steps.erasing._removed", _killed)
    with pytest.raises(KeyboardInterrupt):
        erase(lived, run)
    monkeypatch.undo()
    problems = steps.verify("loans", lived, everything=True).problems
    assert {item.error for item in problems} >= {"NotErased"}
    assert "run the same `windvane erase` again" in problems[0].remedy
    erase(lived, run)
    assert found_in(home(lived), KEYS) == []
    assert steps.verify("loans", lived, everything=True).problems == ()


def test_an_erasure_that_is_killed_wherever_it_writes_ends_whole_by_the_next(
    lived: Stores, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Killed before or after the 1st, 2nd, 3rd … thing that it writes or removes; each goes on from what it finds."""
    kind, tables = type(lived.artifacts), type(lived.registry.erasures)
    places = [(kind, "put"), (kind, "remove"), (kind, "point"), (tables, "add")]
    kills = 0
    for number in range(1, 40):
        left = [number]
        with monkeypatch.context() as patched:
            for owner, name in places:
                patched.setattr(owner, name, _until(getattr(owner, name), left, after=number % 2 == 0))
            try:
                erase(lived, run)
                break
            except KeyboardInterrupt:
                kills += 1
    assert kills > 3
    found = erase(lived, run)
    assert (found.rows, found.kept) == (0, ())
    lived.registry.close()
    assert found_in(home(lived), KEYS) == []
    assert steps.verify("loans", lived, everything=True).problems == ()


def _until(real: Callable[..., Any], left: list[int], *, after: bool) -> Callable[..., Any]:
    """Let something be called so often, and be killed then: before it does anything, or once it has done it."""

    def called(*args: Any, **more: Any) -> Any:
        left[0] -= 1
        if left[0] == 0 and not after:
            raise KeyboardInterrupt
        found = real(*args, **more)
        if left[0] == 0:
            raise KeyboardInterrupt
        return found

    return called


def _killed(*_: object) -> None:
    raise KeyboardInterrupt


def test_what_a_run_left_that_ended_early_goes_once_no_run_may_need_it(lived: Stores, run: Run) -> None:
    spec = Model.from_stored(lived.registry.models.get("loans").spec)
    rows = read_snapshot(lived.registry.snapshots.get("loans", _latest(lived, "2020-04")), lived.artifacts)
    buffer = io.BytesIO()
    rows[[spec.key]].to_parquet(buffer)
    digest = lived.artifacts.put(buffer.getvalue())
    partial = home(lived) / "artifacts" / "sha256" / "aa" / ".partial-x"
    partial.parent.mkdir(exist_ok=True)
    partial.write_bytes(b"04-0100")
    kept = erase(lived, run).kept
    assert len(kept) == 2
    assert kept[0].startswith(f"{digest}: no row refers to it")
    for file in (home(lived) / "artifacts").rglob("*"):
        os.utime(file, (YEAR_AGO, YEAR_AGO))
    assert erase(lived, run).kept == ()
    assert found_in(home(lived), KEYS) == []


def test_what_was_published_elsewhere_is_delivered_again(make: Make, stores: Stores, run: Run, tmp_path: Path) -> None:
    place = Publish.parquet(str(tmp_path / "out" / "{model}-{window}.parquet"))
    model = make(gate=Gate(rule.better_than_baseline()), publish=[place])
    runner.run_train(model, model.cadence.window("2020-01"), stores, run, without=("explain",))
    runner.run_score(model, model.cadence.window("2020-03"), stores, run)
    file = tmp_path / "out" / "loans-2020-03.parquet"
    assert "03-0007" in set(pd.read_parquet(file)["loan_id"])
    (done,) = erase(stores, run, "03-0007").deliveries
    assert (done.window, done.done, done.left) == ("2020-03", True, "")
    assert "03-0007" not in set(pd.read_parquet(file)["loan_id"])


def test_what_cannot_be_delivered_is_named_and_the_rows_are_gone_here(
    make: Make, stores: Stores, run: Run, tmp_path: Path
) -> None:
    place = Publish.parquet(str(tmp_path / "out" / "{model}-{window}.parquet"))
    model = make(gate=Gate(rule.better_than_baseline()), publish=[place])
    runner.run_train(model, model.cadence.window("2020-01"), stores, run, without=("explain",))
    runner.run_score(model, model.cadence.window("2020-03"), stores, run)
    file = tmp_path / "out" / "loans-2020-03.parquet"
    file.write_bytes(b"something else")
    (done,) = erase(stores, run, "03-0007").deliveries
    assert not done.done
    assert "is no file that was delivered" in done.left
    assert found_in(home(stores), ("03-0007",)) == []


def test_a_retrain_is_asked_for_once_where_the_champion_was_trained_on_the_rows(lived: Stores, run: Run) -> None:
    before = len(lived.registry.monitoring.requests("loans"))
    asked = erase(lived, run, retrain=True).request
    assert asked
    assert erase(lived, run, retrain=True).request == asked
    found = lived.registry.monitoring.requests("loans")
    assert len(found) == before + 1
    assert "were erased: a test" in found[-1].reason


def test_a_file_that_two_models_share_stays_until_both_have_erased(make: Make, stores: Stores, run: Run) -> None:
    first, second = make(), make(name="others")
    window = first.cadence.window("2020-03")
    steps.snapshot(first, window, stores, run)
    steps.snapshot(second, window, stores, run)
    (kept,) = erase(stores, run, "03-0007").kept
    assert "others refers to it too" in kept
    assert steps.verify("others", stores).problems == ()
    assert steps.verify("loans", stores).problems == ()
    assert steps.erase("others", ["03-0007"], stores, run, remove=True).kept == ()
    assert found_in(home(stores), ("03-0007",)) == []
    assert steps.verify("loans", stores).problems == ()


def test_keys_of_several_columns_go_by_what_stands_in_the_snapshot(make: Make, stores: Stores, run: Run) -> None:
    model = make(lambda rows: rows.assign(shop="a|b"), key=["shop", "loan_id"])
    taken = steps.snapshot(model, model.cadence.window("2020-03"), stores, run)
    found = erase(stores, run, r"a\|b|03-0007")
    assert (found.rows, found.windows) == (1, ("2020-03",))
    assert stores.registry.snapshots.latest("loans", "2020-03", mature_only=False).rows == taken.rows - 1  # type: ignore[union-attr]  # it is there


def test_an_export_of_what_was_erased_is_taken_in_elsewhere(lived: Stores, run: Run, tmp_path: Path) -> None:
    from windvane.stores import open_stores

    erase(lived, run)
    file = tmp_path / "loans.tar"
    steps.export_model("loans", file, lived)
    assert not any(key.encode() in file.read_bytes() for key in KEYS)
    other = open_stores(f"sqlite:///{tmp_path / 'other.db'}", str(tmp_path / "other"))
    steps.import_model(file, other, unsigned=True)
    proved = steps.verify("loans", other, everything=True)
    assert (proved.problems, len(proved.erased)) == ((), 1)


def test_no_key_and_no_reason_erase_nothing(lived: Stores, run: Run) -> None:
    with pytest.raises(IllegalMove, match="no key says whose rows"):
        steps.erase("loans", [], lived, run, remove=True)
    with pytest.raises(IllegalMove, match="no reason says why"):
        erase(lived, run.model_copy(update={"reason": " "}))
