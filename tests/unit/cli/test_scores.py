"""`windvane scores` and `windvane.open`: the scores can be had, by people, files, pipes and notebooks."""

from __future__ import annotations

import io
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

import windvane as library
from tests.unit.cli.conftest import ROOT, Command


def frame_of(trained: Command) -> pd.DataFrame:
    return pd.DataFrame(trained("scores", "shop", "--window", "2024-02", "--json").json["scores"])


def test_the_rows_of_a_window_are_given(trained: Command) -> None:
    found = trained("scores", "shop", "--window", "2024-02", "--json").json
    assert (found["version"], found["rows"], len(found["scores"])) == (1, 400, 400)
    assert list(found["scores"][0]) == ["id", "at", "score", "version"]
    message = trained("scores", "shop", "--window", "2024-02").out
    assert "and 390 more rows" in message
    assert found["scores"][0]["id"] in message


@pytest.mark.parametrize(
    ("name", "read"),
    [
        ("a.csv", pd.read_csv),
        ("a.parquet", pd.read_parquet),
        ("a.jsonl", lambda path: pd.read_json(path, lines=True)),
    ],
)
def test_a_file_holds_all_of_them(trained: Command, tmp_path: Path, name: str, read: Any) -> None:
    path = tmp_path / name
    answer = trained("scores", "shop", "--window", "2024-02", "--to", str(path))
    assert (answer.code, f"wrote {path}" in answer.out) == (0, True)
    found, expected = read(path), frame_of(trained)
    assert list(found["id"]) == list(expected["id"])
    assert list(found["score"]) == pytest.approx(list(expected["score"]), abs=1e-9)
    assert list(pd.to_datetime(found["at"], utc=True)) == list(
        pd.to_datetime(expected["at"], utc=True, format="ISO8601")
    )


def test_a_pipe_gets_csv_and_nothing_else(trained: Command) -> None:
    answer = trained("scores", "shop", "--window", "2024-02", "--to", "-")
    found = pd.read_csv(io.StringIO(answer.out), float_precision="round_trip")
    assert len(found) == 400
    assert found["score"].tolist() == frame_of(trained)["score"].tolist()


@pytest.mark.parametrize(
    ("words", "code", "message"),
    [
        (["--window", "2024-12"], 1, "window '2024-12' was not scored"),
        (["--window", "2024-02", "--to", "a.xls"], 2, "does not end in .csv, .parquet, .jsonl"),
        (["--window", "2024-02", "--as-of", "2020-01-01T00:00Z"], 1, "nothing was published by 2020-01-01"),
        (["--window", "2024-02", "--to", "no/such/folder/a.csv"], 1, "cannot write no/such/folder/a.csv"),
    ],
)
def test_what_cannot_be_given_is_named(trained: Command, words: list[str], code: int, message: str) -> None:
    answer = trained("scores", "shop", *words)
    assert answer.code == code
    assert message in " ".join((answer.out + answer.err).split())


def test_the_same_from_python(trained: Command) -> None:
    with library.open(".") as project:
        assert list(project) == ["shop"]
        shop = project["shop"]
        assert shop.champion is not None
        assert "champion v2" in repr(shop)
        found = shop.scores("2024-02")
        assert repr(found) == "<shop 2024-02: 400 scores by v1, publication 1>"
        assert list(found.frame()["id"]) == list(frame_of(trained)["id"])
        assert "2024-02" in shop.windows
        assert shop.score("2024-02").publication == found.publication
        assert [version.version for version in shop.versions]
        assert "<table" in found._repr_html_()


def test_a_plain_process_needs_no_more_than_the_import(trained: Command) -> None:
    code = "import windvane; print(len(windvane.open('.')['shop'].scores('2024-02').frame()))"
    env = os.environ | {"PYTHONPATH": str(ROOT / "include")}
    ended = subprocess.run([sys.executable, "-c", code], env=env, capture_output=True, text=True, check=False)
    assert ended.stdout.split()[-1:] == ["400"], ended.stderr
