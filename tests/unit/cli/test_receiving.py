"""`windvane import --version`: a version from staging is judged again by production, on production's own window."""

from __future__ import annotations

import contextlib
import io
import shutil
import sys
from pathlib import Path
from typing import NamedTuple

import pytest
from starlette.testclient import TestClient

from tests.unit.cli.conftest import Command, Shop, make_shop
from windvane.cli import main
from windvane.stores import open_stores
from windvane.stores.person import at_terminal
from windvane.web.local import local_app


class Made(NamedTuple):
    """What staging exported, v1 of January and v2 of February, and v3 that nobody let through; and production's home.

    Production trained January and February itself, and recorded March.
    """

    file: Path
    home: Path


@pytest.fixture(scope="module")
def made(lived_in: Path, tmp_path_factory: pytest.TempPathFactory) -> Made:
    shop = make_shop(tmp_path_factory.mktemp("two"))
    staging, file = shop.folder.parent / "staging", shop.folder.parent / "shop.tar"
    shutil.copytree(lived_in, staging)
    chains = {
        staging: ("run train shop --window 2024-03", f"export shop --to {file}"),
        shop.home: (
            "run train shop --window 2024-01",
            "run train shop --window 2024-02",
            "run monitor shop --window 2024-03 --no-retrain",
        ),
    }
    with pytest.MonkeyPatch.context() as patch, contextlib.redirect_stdout(io.StringIO()):
        patch.setattr(sys, "path", list(sys.path))
        for home, lines in chains.items():
            shop.declare(gate='approval="always"' if home == staging else "")
            patch.setenv("WINDVANE_HOME", str(home))
            assert [main(shop.arguments(*words.split())) for words in lines] == [0] * len(lines)
    return Made(file, shop.home)


@pytest.fixture
def production(shop: Shop, windvane: Command, made: Made) -> Command:
    """The command line on a copy of production's home."""
    shutil.copytree(made.home, shop.home)
    return windvane


def test_a_version_of_staging_is_judged_on_a_window_of_production_before_it_is_champion(
    shop: Shop, production: Command, made: Made
) -> None:
    assert production("champion", "shop", "--json").json["champion"] == 2
    words = ("import", str(made.file), "--version", "2", "--reason", "from staging", "--json")
    found = production(*words)
    assert found.code == 0, found.err
    data = found.json
    assert (data["number"], data["trained"], data["window"], data["version"]) == (2, "2024-02", "2024-03", 3)
    assert (data["decision"], data["champion"]) == ("promote", 3)
    shown = production("show", "shop", "3", "--json").json
    assert shown["evaluation"]["rows"] == 400, "all rows of the window of here, none of which it saw"
    events = [item for item in production("history", "shop", "--json").json if item["payload"].get("version") == 3]
    came = next(item for item in events if item["kind"] == "version.received")
    assert came["actor"] == at_terminal()
    there = came["payload"]["let_through_there"]
    assert {text.rpartition(": ")[2] for text in there} == {"second"}, "the answer, and the promotion"
    assert there[0].startswith(at_terminal())
    assert production("verify", "shop").code == 0
    assert "in another registry, as v2 of 2024-02" in " ".join(production("show", "shop", "3").out.split())
    card = production("card", "shop", "3")
    assert "in another registry, as v2 of " in " ".join(card.out.split()), card.err
    opened = open_stores(f"sqlite:///{shop.home / 'registry.db'}", str(shop.home / "artifacts"))
    with TestClient(local_app(lambda: opened), base_url="http://127.0.0.1") as pages:
        seen = {path: " ".join(pages.get(f"/models/shop/{path}").text.split()) for path in ("versions/3", "audit-log")}
    assert "in another registry, as v2 of 2024-02" in seen["versions/3"]
    assert "Here it was judged on 2024-03." in seen["versions/3"]
    assert "v3 came from another registry, v2 of 2024-02 there; it is judged on 2024-03" in seen["audit-log"]
    opened.registry.close()
    again = production("reproduce", "shop", "3")
    assert (again.code, again.err.startswith("error: NotReproduced: ")) == (1, True), again.err
    before, kept = shop.tables(), shop.kept()
    assert production(*words).json == data
    assert (shop.tables(), shop.kept()) == (before, kept), "doing it again changes nothing"


def test_one_that_is_worse_on_the_rows_of_production_is_refused(shop: Shop, windvane: Command, made: Made) -> None:
    for month in ("2024-01", "2024-02", "2024-03"):
        frame = shop.fill(month)
        shop.fill(month, frame.assign(bought=1 - frame["bought"]))  # the world of production is another
    for verb, month in (("train", "2024-02"), ("monitor", "2024-03")):
        assert windvane("run", verb, "shop", "--window", month).code == 0
    before = windvane("champion", "shop", "--json").json
    found = windvane("import", str(made.file), "--version", "2", "--json").json
    assert found["decision"] == "reject"
    assert windvane("champion", "shop", "--json").json == before


def test_where_production_asks_a_person_it_waits_for_one_of_production(
    shop: Shop, production: Command, made: Made
) -> None:
    shop.declare(gate='approval="always"')
    found = production("import", str(made.file), "--version", "2", "--json").json
    assert (found["decision"], found["champion"]) == ("needs_approval", 2)
    asked = shop.tables()["approvals"]
    assert production("import", str(made.file), "--version", "2", "--json").json == found
    assert shop.tables()["approvals"] == asked, "one question is enough"
    answer = production("approve", "shop", str(found["version"]), "--reason", "seen here", "--json").json
    assert (answer["champion"], answer["reasons"]) == (found["version"], ["seen here"])


def test_what_cannot_be_judged_here_is_named_and_nothing_is_taken(shop: Shop, production: Command, made: Made) -> None:
    before, kept = shop.tables(), shop.kept()
    for words, error, said in (
        (("2", "--window", "2024-01"), "IllegalMove", "learned from rows until"),
        (("2", "--window", "2024-04"), "UnknownSnapshot", "no snapshot with outcomes was recorded here"),
        (("3",), "IllegalMove", "was not let through where it was made"),
        (("9",), "UnknownVersion", "has no version 9"),
    ):
        found = production("import", str(made.file), "--version", *words)
        assert (found.code, said in found.err) == (1, True), found.err
        assert found.err.startswith(f"error: {error}: "), found.err
    assert production("import", str(made.file), "--window", "2024-03").code == 2
    shop.declare(timezone="Europe/Berlin")
    found = production("import", str(made.file), "--version", "2")
    assert "VersionMismatch: shop v2 was made for timezone='UTC'" in found.err
    data = bytearray(made.file.read_bytes())
    data[len(data) // 2] ^= 1
    damaged = shop.folder / "damaged.tar"
    damaged.write_bytes(data)
    found = production("import", str(damaged), "--version", "2")
    assert (found.code, found.err.startswith("error: DamagedExport: ")) == (1, True), found.err
    assert (shop.tables(), shop.kept()) == (before, kept)


def test_where_nothing_was_recorded_there_is_nothing_to_judge_it_on(shop: Shop, windvane: Command, made: Made) -> None:
    found = windvane("import", str(made.file), "--version", "2")
    assert (found.code, "error: UnknownSnapshot: shop: no window was recorded here" in found.err) == (1, True), (
        found.err
    )
