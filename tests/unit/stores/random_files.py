"""Random small files, some with a fault put in: what they hold, how they are written, and what reading them came to."""

from __future__ import annotations

import csv
import io
import json
import tempfile
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
from hypothesis import strategies as st
from pyarrow import feather

from tests.unit.stores.examples import month, spec_of
from windvane import Features, Model, Source
from windvane.errors import WindvaneError
from windvane.lifecycle.frames import check_chunks
from windvane.stores.artifacts import MemoryArtifacts
from windvane.stores.connections import EnvironmentConnections
from windvane.stores.datasets import read_chunks, read_snapshot, write_snapshot

JANUARY = month(1)
Outcome = Literal["right", "refused", "silent", "unexpected"]
ROLES = ("id", "at", "income", "zip", "late")

_PLAIN = st.text(st.characters(exclude_categories=["Cs", "Cc", "Zl", "Zp"]), min_size=1, max_size=12)
_TRICKY = st.sampled_from(
    ["score", "version", "index", "level_0", "a,b", "a;b", 'say "x"', "x y", " x", "x ", "None", "nan", "1", "true"]
)
_WORDS = st.one_of(
    st.sampled_from(["NA", "None", "null", "NaN", "007", "7", "1.0", "true", "a,b", "a;b", 'q"q', "it's", "-", "x\ny"]),
    st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0\r\ufeff"), min_size=1, max_size=8),
)
_NUMBERS = st.one_of(
    st.none(),
    st.integers(-(2**53), 2**53),
    st.floats(allow_nan=False, allow_infinity=False),
    st.decimals(-1000, 1000, places=2).map(float),
)
_ZONES = st.sampled_from(["UTC", "Europe/Berlin", "America/New_York", "Asia/Kolkata", "Australia/Lord_Howe"])
_FORMS = ("%Y-%m-%d %H:%M:%S.%f", "%d.%m.%Y %H:%M:%S.%f", "%m/%d/%Y %H:%M:%S.%f", "%Y%m%dT%H%M%S.%f")


@dataclass(frozen=True)
class Sample:
    """A file that was written, and what should come of it.

    Args:
        frame: The rows as they are meant, by role.
        names: What the file calls each role.
        source: How it is declared.
        name: The file's name.
        content: Its bytes.
        fault: What was put in that must be refused; empty: nothing.
    """

    frame: pd.DataFrame
    names: dict[str, str]
    source: Callable[[], Source]
    name: str
    content: bytes
    fault: str = ""
    told: dict[str, Any] = field(default_factory=dict)


@st.composite
def samples(draw: st.DrawFn) -> Sample:
    """Draw a file."""
    rows = draw(st.integers(1, 12))
    stamps = draw(st.lists(st.integers(0, 30 * 86_400_000_000), min_size=rows, max_size=rows))
    at = pd.Timestamp("2013-01-01T01:00Z") + pd.to_timedelta(pd.Series(sorted(stamps)), unit="us")
    words = draw(st.lists(st.one_of(st.none(), _WORDS), min_size=rows, max_size=rows))
    numbers = draw(st.lists(_NUMBERS, min_size=rows, max_size=rows))
    frame = pd.DataFrame(
        {
            "id": [f"{draw(st.sampled_from(['k', '0', 'ä', 'k k', 'NA']))}{number}" for number in range(rows)],
            "at": at.astype("datetime64[us, UTC]"),
            "income": pd.Series([None if one is None else float(one) for one in numbers], dtype="float64"),
            "zip": pd.Series(words, dtype=object),
            "late": draw(st.lists(st.sampled_from([0, 1]), min_size=rows, max_size=rows)),
        }
    )
    names = dict(
        zip(ROLES, draw(st.lists(st.one_of(_PLAIN, _TRICKY), min_size=5, max_size=5, unique=True)), strict=True)
    )
    kind = draw(st.sampled_from(["csv", "csv", "csv", "csv", "json", "json", "parquet", "feather"]))
    return {"csv": _csv, "json": _json, "parquet": _columnar, "feather": _columnar}[kind](draw, frame, names, kind)


def _times(draw: st.DrawFn, at: pd.Series[Any]) -> tuple[list[Any], dict[str, Any]]:
    """Return moments as people write them, and what a source has to be told of that."""
    how = draw(st.sampled_from(["offset", "zulu", "clock", "format", "us"]))
    zone = draw(_ZONES)
    local = at.dt.tz_convert(zone)
    if how == "offset":
        return [one.isoformat() for one in local], {}
    if how == "zulu":
        return [one.isoformat().replace("+00:00", "Z") for one in at], {}
    if how == "us":
        return at.astype("int64").tolist(), {"unit": "us"}
    form = draw(st.sampled_from(_FORMS)) if how == "format" else _FORMS[0]
    return local.dt.strftime(form).tolist(), {"zone": zone, **({"format": form} if how == "format" else {})}


def _csv(draw: st.DrawFn, frame: pd.DataFrame, names: dict[str, str], kind: str) -> Sample:
    del kind
    times, told = _times(draw, frame["at"])
    separator = draw(st.sampled_from([",", ";", "\t", "|"]))
    decimal = draw(st.sampled_from([".", ","]))
    quote = draw(st.sampled_from(['"', "'"]))
    quoting = draw(st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]))
    encoding = draw(st.sampled_from(["utf-8", "utf-8-sig", "utf-16"]))
    missing = draw(st.sampled_from(["", "", "\\N"]))
    texts = frame.assign(at=times, late=frame["late"].astype(str))
    texts["income"] = [missing if pd.isna(one) else repr(one).replace(".", decimal) for one in frame["income"]]
    texts["zip"] = [missing if one is None else one for one in frame["zip"]]
    order = draw(st.permutations(ROLES))
    table = [[names[role] for role in order], *texts[list(order)].astype(str).to_numpy().tolist()]
    fault = draw(st.sampled_from(["", "", "", *CSV_FAULTS]))
    put = CSV_FAULTS.get(fault)
    if fault == "no moment" and "unit" in told:  # 0 is a moment of 1970 there: a row of another window
        put = _put("at", "soon", "2013-13-01", "")
    table = put(draw, table, list(order)) if put else table
    out = io.StringIO()
    writer = csv.writer(
        out,
        delimiter=separator,
        quotechar=quote,
        quoting=quoting,  # type: ignore[arg-type]  # one of the module's numbers
        lineterminator=draw(st.sampled_from(["\n", "\r\n"])),
    )
    writer.writerows(table)
    said = dict(told)
    said |= {"separator": separator, "decimal": decimal, "quote": quote, "encoding": encoding}
    said |= {"missing": [missing]} if missing else {}
    renamed = {names[role]: role for role in ROLES}
    said["columns"] = renamed
    return Sample(
        frame, names, lambda: Source.csv("a.csv", **said), "a.csv", out.getvalue().encode(encoding), fault, said
    )  # fmt: skip


def _longer(draw: st.DrawFn, table: list[list[str]], order: list[str]) -> list[list[str]]:
    del order
    row = draw(st.integers(1, len(table) - 1))
    return [[*line, draw(st.sampled_from(["", "x"]))] if number == row else line for number, line in enumerate(table)]


def _shorter(draw: st.DrawFn, table: list[list[str]], order: list[str]) -> list[list[str]]:
    del order
    row = draw(st.integers(1, len(table) - 1))
    keep = draw(st.integers(1, 4))
    found = [line[:keep] if number == row else line for number, line in enumerate(table)]
    return found if found[row] != [""] else [*found[:row], ["x"], *found[row + 1 :]]  # an empty line is no row


def _put(role: str, *values: str) -> Callable[[st.DrawFn, list[list[str]], list[str]], list[list[str]]]:
    def change(draw: st.DrawFn, table: list[list[str]], order: list[str]) -> list[list[str]]:
        row, at, value = draw(st.integers(1, len(table) - 1)), order.index(role), draw(st.sampled_from(values))
        return [
            [*line[:at], value, *line[at + 1 :]] if number == row else line for number, line in enumerate(table)
        ]  # fmt: skip

    return change


def _twice(draw: st.DrawFn, table: list[list[str]], order: list[str]) -> list[list[str]]:
    del order
    return [*table, table[draw(st.integers(1, len(table) - 1))]]


def _again(draw: st.DrawFn, table: list[list[str]], order: list[str]) -> list[list[str]]:
    del draw, order
    return [*table, table[0]]


def _same_name(draw: st.DrawFn, table: list[list[str]], order: list[str]) -> list[list[str]]:
    del draw, order
    return [[*table[0], table[0][0]], *([*line, line[0]] for line in table[1:])]


CSV_FAULTS: dict[str, Callable[[st.DrawFn, list[list[str]], list[str]], list[list[str]]]] = {
    "a longer line": _longer,
    "a shorter line": _shorter,
    "no number": _put("income", "$5", "1_000", "0x10", "1 000", "५", "inf", "five", "1.2.3"),
    "no moment": _put("at", "soon", "2013-13-01", "0", "13/13/2013", ""),
    "no outcome": _put("late", "2", "yes", "-1", "0.5"),
    "no key": _put("id", ""),
    "a row twice": _twice,
    "the names again": _again,
    "a name twice": _same_name,
}


def _json(draw: st.DrawFn, frame: pd.DataFrame, names: dict[str, str], kind: str) -> Sample:
    del kind
    times, told = _times(draw, frame["at"])
    records: list[dict[str, Any]] = []
    incomes = [None if pd.isna(one) else one for one in frame["income"].tolist()]
    for number, row in enumerate(frame.itertuples(index=False)):
        values = {"id": row.id, "at": times[number], "zip": row.zip, "late": row.late, "income": incomes[number]}
        records.append({names[role]: values[role] for role in ROLES})
    fault = draw(st.sampled_from(["", "", "", "cut", "word", "nested", "twice", "naive"]))
    if fault == "word":
        records[-1][names["income"]] = "5"
    if fault == "nested":
        records[-1][names["zip"]] = {"a": 1}
    if fault == "naive":
        records[-1][names["at"]] = "2013-01-05 10:00:00"
        told = {}
    lines = [json.dumps(one, ensure_ascii=draw(st.booleans())) for one in records]
    if fault == "twice":
        lines.append(lines[-1])
    text = "\n".join(lines) + "\n"
    text = text[: -draw(st.integers(2, 6))] if fault == "cut" else text
    said = {**told, "columns": {names[role]: role for role in ROLES}}
    return Sample(frame, names, lambda: Source.json("a.jsonl", **said), "a.jsonl", text.encode(), fault, said)


def _columnar(draw: st.DrawFn, frame: pd.DataFrame, names: dict[str, str], kind: str) -> Sample:
    told: dict[str, Any] = {}
    words: Any = pa.array(frame["zip"].tolist(), pa.string())
    how = draw(st.sampled_from(["plain", "large", "view", "dictionary"]))
    kinds = {"large": pa.large_string(), "view": pa.string_view()}
    words = words.dictionary_encode() if how == "dictionary" else words.cast(kinds.get(how, pa.string()))
    zone = draw(_ZONES)
    times = draw(st.sampled_from(["aware", "naive", "number"]))
    at: Any = pa.array(frame["at"].dt.tz_convert(zone), pa.timestamp("us", zone))
    if times == "naive":
        at, told = pa.array(frame["at"].dt.tz_convert(zone).dt.tz_localize(None), pa.timestamp("us")), {"zone": zone}
    if times == "number":
        at, told = pa.array(frame["at"].astype("int64").tolist(), pa.int64()), {"unit": "us"}
    columns = {
        "id": pa.array(frame["id"].tolist()),
        "at": at,
        "income": pa.array(frame["income"], from_pandas=True),
        "zip": words,
        "late": pa.array(frame["late"].tolist(), draw(st.sampled_from([pa.int8(), pa.int64(), pa.float32()]))),
    }
    fault = draw(st.sampled_from(["", "", "", "untold", "text", "infinite", "a name twice", "cut"]))
    if fault == "untold" and not told:
        fault = ""
    told = {} if fault == "untold" else told
    if fault == "text":
        columns["income"] = pa.array([str(one) for one in frame["income"]])
    if fault == "infinite":
        columns["income"] = pa.array([*frame["income"].tolist()[:-1], float("inf")], from_pandas=True)
    order = draw(st.permutations(ROLES))
    arrays, called = [columns[role] for role in order], [names[role] for role in order]
    if fault == "a name twice":
        arrays, called = [*arrays, arrays[0]], [*called, called[0]]
    out = io.BytesIO()
    table = pa.Table.from_arrays(arrays, names=called)
    if kind == "parquet":
        pq.write_table(table, out)
    else:
        feather.write_feather(table, out)
    content = out.getvalue()[: -draw(st.integers(1, 20))] if fault == "cut" else out.getvalue()
    said = {**told, "columns": {names[role]: role for role in ROLES}}
    name = f"a.{kind}"
    return Sample(frame, names, lambda: getattr(Source, kind)(name, **said), name, content, fault, said)


def outcome_of(sample: Sample) -> tuple[Outcome, str]:
    """Read a file as a run does, and say what came of it, with what is to be told."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder)
        (path / sample.name).write_bytes(sample.content)
        try:
            found = _snapshot(
                spec_of(source=sample.source(), features=Features(numbers=("income",), categories=("zip",))), path
            )
        except WindvaneError as error:
            return ("unexpected" if error.name == "Unexpected" else "refused"), str(error)
        except Exception as error:  # noqa: BLE001 (whatever has no name is what is looked for)
            return "unexpected", repr(error)
    if sample.fault:
        return "silent", f"{sample.fault}: {found.to_dict('list')}"
    differing = _differing(found, sample.frame)
    return ("silent", differing) if differing else ("right", "")


def _snapshot(model: Model, folder: Path) -> pd.DataFrame:
    artifacts = MemoryArtifacts()
    chunks = check_chunks(read_chunks(model, JANUARY, folder, EnvironmentConnections()), model, JANUARY)
    return read_snapshot(write_snapshot(chunks, model, JANUARY, artifacts), artifacts)


def _differing(found: pd.DataFrame, meant: pd.DataFrame) -> str:
    meant = meant.sort_values(["at", "id"], ignore_index=True)
    for name in ROLES:
        one, other = found[name].tolist(), meant[name].tolist()
        alike = [left == right or (pd.isna(left) and pd.isna(right)) for left, right in zip(one, other, strict=False)]
        if len(one) != len(other) or not all(alike):
            return f"{name}: {one} is not {other}"
    return ""
