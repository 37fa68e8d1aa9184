"""`windvane replay` as it is typed: a table, JSON, and refusals by name."""

from __future__ import annotations

import json
from xml.etree import ElementTree as ET

import pytest

from tests.unit.cli.conftest import Command, Shop


def test_plans_are_compared_in_a_table_and_as_json(shop: Shop, windvane: Command) -> None:
    message = windvane("replay", "shop", "--to", "2024-03", "--against", "never", "--jobs", "1", "--detail")
    assert (message.code, message.err) == (0, "")
    header, declared, never, *_ = message.out.splitlines()
    assert header.split()[:2] == ["plan", "windows"]
    assert (declared.split()[0], never.split()[0]) == ("declared", "never")
    assert "2024-02" in message.out
    again = windvane("replay", "shop", "--to", "2024-03", "--against", "never", "--json").json
    assert [item["plan"] for item in again["plans"]] == ["declared", "never"]
    assert again["plans"][1]["trainings"] == 1
    assert shop.kept() == {}  # it played elsewhere


def test_a_replay_is_kept_for_the_page_only_where_somebody_says_so_and_once(shop: Shop, windvane: Command) -> None:
    words = ("--to", "2024-03", "--against", "always", "--jobs", "1")
    unknown = windvane("replay", "shop", *words, "--keep")
    assert unknown.err.startswith("error: UnknownModel: ")
    assert windvane("run", "train", "shop", "--window", "2024-01").code == 0
    told = [windvane("replay", "shop", *words, "--keep", "--json").json for _ in range(2)]
    (event,) = [item for item in windvane("history", "shop", "--json").json if item["kind"] == "model.replayed"]
    kept = shop.home.rglob(f"*{event['payload']['replay'].removeprefix('sha256:')[2:]}")
    assert json.loads(next(iter(kept)).read_bytes())["played"] == told[0]["played"] == told[1]["played"]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("--policy", "allways"), "unknown plan 'allways'; did you mean 'always'?"),
        (("--policy", "coldown=2"), "did you mean 'cooldown'?"),
        (("--to", "2023-12"), "window 2023-12 lies before 2024-01"),
        (("--to", "2024-02"), "are too few for 1 folds"),
        (("--to", "2024-03", "--folds", "2"), "are too few for 2 folds"),
        (("--to", "2024-3"), "'2024-3'"),
    ],
)
def test_what_cannot_be_played_is_refused_by_name(windvane: Command, words: tuple[str, ...], message: str) -> None:
    answer = windvane("replay", "shop", *words)
    assert answer.code == 1
    assert message in answer.err
    assert answer.err.startswith("error: ")
    assert len(answer.err.splitlines()) == 2


def test_a_folder_that_cannot_be_written_is_named(shop: Shop, windvane: Command) -> None:
    (shop.folder / "file").touch()
    answer = windvane("replay", "shop", "--to", "2024-03", "--scratch", str(shop.folder / "file" / "scratch"))
    assert answer.code == 1
    assert answer.err.startswith("error: StorageFailed: cannot write the replay's folder")


def test_a_folder_with_other_files_is_neither_used_nor_thrown_away(shop: Shop, windvane: Command) -> None:
    other = shop.folder / "include"
    before = sorted(other.rglob("*"))
    answer = windvane("replay", "shop", "--to", "2024-03", "--scratch", str(other), "--fresh")
    assert "holds other files, and is no replay's folder" in answer.err
    assert sorted(other.rglob("*")) == before


def test_the_picture_is_well_formed_and_says_every_plan(shop: Shop, windvane: Command) -> None:
    file = shop.folder / "replay.svg"
    words = ("--to", "2024-03", "--against", "never,every:2", "--picture", str(file))
    assert windvane("replay", "shop", *words, "--jobs", "1").code == 0
    drawn = ET.parse(file).getroot()  # noqa: S314 (our own file)
    texts = ["".join(item.itertext()) for item in drawn.iter("{http://www.w3.org/2000/svg}text")]
    assert {"shop: log_loss of each plan", "declared", "never", "every:2", "2024-02"} <= set(texts)
    assert len(list(drawn.iter("{http://www.w3.org/2000/svg}polyline"))) == 3
    broken = windvane("replay", "shop", *words[:-1], str(file / "below"), "--jobs", "1")
    assert broken.err.startswith("error: StorageFailed: cannot write")
