"""`windvane import --version`: a version from staging is judged again by production, on production's own window."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from tests.unit.cli.conftest import Command, Shop
from windvane.stores.person import at_terminal

MONTHS = ("2024-01", "2024-02", "2024-03")


@pytest.fixture
def file(shop: Shop, trained: Command) -> Path:
    """What staging exported: v1 of January and v2 of February, both let through by a person there."""
    target = shop.folder / "shop.tar"
    assert trained("export", "shop", "--to", str(target)).code == 0
    shutil.rmtree(shop.home)  # production is another home
    shop.declare()
    return target


def recorded(shop: Shop, windvane: Command, *months: str) -> Any:
    """Have production record and train months, and return the last training."""
    found = [windvane("run", "train", "shop", "--window", month, "--json") for month in months]
    assert [item.code for item in found] == [0] * len(months), found[-1].err
    return found[-1].json


def test_a_version_of_staging_is_judged_on_a_window_of_production_before_it_is_champion(
    shop: Shop, windvane: Command, file: Path
) -> None:
    recorded(shop, windvane, *MONTHS[:2])
    shop.fill("2024-03")
    windvane("run", "monitor", "shop", "--window", "2024-03", "--no-retrain")
    before = windvane("champion", "shop", "--json").json
    found = windvane("import", str(file), "--version", "2", "--reason", "from staging", "--json")
    assert found.code == 0, found.err
    data = found.json
    assert (data["number"], data["trained"], data["window"], data["version"]) == (2, "2024-02", "2024-03", 3)
    assert (data["decision"], data["champion"], before["champion"]) == ("promote", 3, 2)
    shown = windvane("show", "shop", "3", "--json").json
    assert shown["evaluation"]["rows"] == 400, "all rows of the window of here, none of which it saw"
    events = [item for item in windvane("history", "shop", "--json").json if item["payload"].get("version") == 3]
    came = next(item for item in events if item["kind"] == "version.received")
    assert came["actor"] == at_terminal()
    there = came["payload"]["let_through_there"]
    assert {text.rpartition(": ")[2] for text in there} == {"second"}, "the answer, and the promotion"
    assert there[0].startswith(at_terminal())
    assert windvane("verify", "shop").code == 0
    assert "in another registry, as v2 of 2024-02" in " ".join(windvane("show", "shop", "3").out.split())
    assert "v2 of 2024-02 there" not in windvane("show", "shop", "2").out
    shop.fill("2024-04")
    scored = windvane("run", "score", "shop", "--window", "2024-04", "--json")
    assert (scored.code, scored.json["version"]) == (0, 3), scored.err


def test_doing_it_again_changes_nothing(shop: Shop, windvane: Command, file: Path) -> None:
    recorded(shop, windvane, *MONTHS)
    first = windvane("import", str(file), "--version", "2", "--json")
    assert first.code == 0, first.err
    before, kept = shop.tables(), shop.kept()
    assert windvane("import", str(file), "--version", "2", "--json").json == first.json
    assert (shop.tables(), shop.kept()) == (before, kept)


def test_one_that_is_worse_on_the_rows_of_production_is_refused(shop: Shop, windvane: Command, file: Path) -> None:
    for month in MONTHS:
        frame = shop.fill(month)
        shop.fill(month, frame.assign(bought=1 - frame["bought"]))  # the world of production is another
    recorded(shop, windvane, *MONTHS)
    before = windvane("champion", "shop", "--json").json
    found = windvane("import", str(file), "--version", "2", "--json").json
    assert found["decision"] == "reject"
    assert windvane("champion", "shop", "--json").json == before
    assert windvane("verify", "shop").code == 0


def test_where_production_asks_a_person_it_waits_for_one_of_production(
    shop: Shop, windvane: Command, file: Path
) -> None:
    shop.declare(gate='approval="always"')
    recorded(shop, windvane, *MONTHS)
    found = windvane("import", str(file), "--version", "2", "--json").json
    assert (found["decision"], found["champion"]) == ("needs_approval", None)
    answer = windvane("approve", "shop", str(found["version"]), "--reason", "seen here", "--json").json
    assert (answer["champion"], answer["reasons"]) == (found["version"], ["seen here"])


@pytest.mark.parametrize(
    ("months", "words", "declared", "error", "said"),
    [
        ((), (), {}, "UnknownSnapshot", "no window was recorded here"),
        (MONTHS[:1], (), {}, "IllegalMove", "learned from rows until"),
        (MONTHS[2:], (), {}, "UnknownSnapshot", "nothing before window 2024-03 was recorded here"),
        (MONTHS, ("--window", "2024-04"), {}, "ImmatureOutcomes", ""),
        (MONTHS, (), {"timezone": "Europe/Berlin"}, "VersionMismatch", "was made for timezone='UTC'"),
    ],
)
def test_what_cannot_be_judged_here_is_named_and_nothing_is_taken(
    shop: Shop,
    windvane: Command,
    file: Path,
    months: tuple[str, ...],
    words: tuple[str, ...],
    declared: dict[str, str],
    error: str,
    said: str,
) -> None:
    recorded(shop, windvane, *months) if months else windvane("check")
    shop.declare(**declared)
    before = shop.tables() if months else {}
    more = ("--as-of", "2024-04-02T00:00Z") if words else ()
    found = windvane("import", str(file), "--version", "2", *words, *more)
    assert found.code == 1
    assert found.err.startswith(f"error: {error}: "), found.err
    assert said in found.err
    assert (shop.tables() if months else {}) == before


def test_one_that_staging_did_not_let_through_is_refused(shop: Shop, trained: Command) -> None:
    shop.declare(gate='approval="always"')
    assert trained("run", "train", "shop", "--window", "2024-03").code == 0
    target = shop.folder / "shop.tar"
    assert trained("export", "shop", "--to", str(target)).code == 0
    shutil.rmtree(shop.home)
    recorded(shop, trained, *MONTHS)
    for number, error in (("3", "IllegalMove: shop v3 was not let through"), ("9", "UnknownVersion: ")):
        found = trained("import", str(target), "--version", number)
        assert (found.code, error in found.err) == (1, True), found.err
    assert trained("import", str(target), "--window", "2024-03").code == 2


def test_a_damaged_file_brings_nothing(shop: Shop, windvane: Command, file: Path) -> None:
    recorded(shop, windvane, *MONTHS)
    data = bytearray(file.read_bytes())
    data[len(data) // 2] ^= 1
    file.write_bytes(data)
    before = shop.tables()
    found = windvane("import", str(file), "--version", "2")
    assert (found.code, found.err.startswith("error: DamagedExport: ")) == (1, True), found.err
    assert shop.tables() == before
