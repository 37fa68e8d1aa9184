"""A column of categories has only so many, whatever kind of source they come from."""

from __future__ import annotations

from collections import deque
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest
import sqlalchemy as sa

from tests.unit.stores.examples import month, spec_of
from windvane import Source, steps
from windvane.errors import InvalidText, SourceFailed
from windvane.results import Run
from windvane.stores import open_stores
from windvane.stores.categories import CATEGORIES, limited

JANUARY = month(1)


def rows(categories: int) -> pd.DataFrame:
    times = pd.date_range("2013-01-02", periods=categories, freq="s", tz="UTC")
    frame = pd.DataFrame({"id": [f"k{n}" for n in range(categories)], "at": times, "income": 1.0})
    return frame.assign(zip=[f"z{n}" for n in range(categories)], late=[n % 2 for n in range(categories)])


def source_of(kind: str, folder: Path, frame: pd.DataFrame) -> Source:
    if kind == "csv":
        frame.to_csv(folder / "rows.csv", index=False)
    elif kind == "json":
        frame.assign(at=frame["at"].map(str)).to_json(folder / "rows.jsonl", orient="records", lines=True)
        return Source.json("rows.jsonl")
    elif kind == "feather":
        frame.to_feather(folder / "rows.feather")
    elif kind == "excel":
        frame.assign(at=[f"{at:%Y-%m-%dT%H:%M:%SZ}" for at in frame["at"]]).to_excel(folder / "rows.xlsx", index=False)
        return Source.excel("rows.xlsx")
    elif kind == "sql":
        plain = frame.assign(at=frame["at"].dt.tz_localize(None))
        engine = sa.create_engine(f"sqlite:///{folder / 'rows.db'}")
        plain.to_sql("rows", engine, index=False)
        engine.dispose()
        return Source.sql("warehouse", table="rows", zone="UTC")
    else:
        frame.astype({"zip": "category"}).to_parquet(folder / "rows.parquet")
        return Source.parquet("rows.parquet")
    found: Source = getattr(Source, kind)(f"rows.{kind}")
    return found


@pytest.mark.parametrize("kind", ["csv", "parquet", "feather", "json", "excel", "sql"])
def test_more_categories_than_may_be_are_refused_and_nothing_is_recorded(
    kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(CATEGORIES, "49")
    monkeypatch.setenv("WINDVANE_CONNECTION_WAREHOUSE", f"sqlite:///{tmp_path / 'rows.db'}")
    stores = replace(open_stores(f"sqlite:///{tmp_path / 'registry.db'}", str(tmp_path / "artifacts")), base=tmp_path)
    model = spec_of(source=source_of(kind, tmp_path, rows(50)))
    run = Run(actor="a", as_of=JANUARY.end, reason="a test")
    with pytest.raises(SourceFailed, match=rf"'zip' has more than 49 different values in window .*{CATEGORIES}"):
        steps.snapshot(model, JANUARY, stores, run)
    assert stores.registry.models.all() == []
    monkeypatch.setenv(CATEGORIES, "50")
    assert steps.snapshot(model, JANUARY, stores, run).rows == 50


def test_forty_thousand_are_refused_as_they_come_not_once_all_are_there() -> None:
    frame = rows(40_000)
    pieces = [frame.iloc[start : start + 5_000] for start in range(0, 40_000, 5_000)]
    left = iter(pieces)
    with pytest.raises(SourceFailed, match="more than 20,000"):
        deque(limited(left, spec_of(), JANUARY), maxlen=0)
    assert len(list(left)) == 3, "those that come after are not asked for"


def test_a_limit_that_is_none_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    for said in ("0", "-1", "many", "1.5"):
        monkeypatch.setenv(CATEGORIES, said)
        with pytest.raises(InvalidText, match=CATEGORIES):
            list(limited([rows(1)], spec_of(), JANUARY))
