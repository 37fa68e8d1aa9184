"""The report: a page for whatever the columns look like, the same every time, and nothing leaves."""

from __future__ import annotations

import re
import socket
import sys
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest

from tests.unit.lifecycle.examples import model_with
from windvane import Features, Monitor
from windvane.lifecycle import report
from windvane.lifecycle.report import evidently_report

if TYPE_CHECKING:
    from pathlib import Path

    from windvane.spec import Model

HOSTILE = "<img src=x onerror=alert(1)>"
MODEL = model_with(monitor=Monitor(report_rows=200))
WINDOW = MODEL.cadence.window("2020-02")


def features(rows: int = 300, seed: int = 0) -> pd.DataFrame:
    random = np.random.default_rng(seed)
    return pd.DataFrame(
        {
            "income": random.standard_normal(rows),
            "debt": random.lognormal(0, 1, rows),
            "region": random.choice(np.array(["north", "south"], dtype=object), rows),
        }
    )


def drawn(then: pd.DataFrame, now: pd.DataFrame, model: Model = MODEL, seed: int = 0) -> str:
    return evidently_report(then, now, model, WINDOW, seed).decode()


def is_fallback(page: str) -> bool:
    return "no drift report" in page


def test_the_report_shows_each_column_and_says_what_it_is_of() -> None:
    page = drawn(features(), features(300, 1))
    assert page.lstrip().lower().startswith("<!doctype html>")
    assert not is_fallback(page)
    for name in ("income", "debt", "region"):
        assert name in page
    assert "<p>loans, window 2020-02: a sample of at most 200 rows a side</p>" in page


def test_the_same_frames_and_seed_give_the_same_bytes_and_another_seed_another_sample() -> None:
    then, now = features(), features(300, 1)
    state = np.random.get_state()[1].copy()  # type: ignore[index]  # the stubs know dicts only
    first = evidently_report(then, now, MODEL, WINDOW, 0)
    assert evidently_report(then, now, MODEL, WINDOW, 0) == first
    assert evidently_report(then, now, MODEL, WINDOW, 1) != first
    assert (np.random.get_state()[1] == state).all()  # type: ignore[index]  # as above


def test_columns_that_cannot_be_shown_are_left_out_and_said_to_be() -> None:
    then, now = features(), features(300, 1)
    now["debt"] = np.nan
    page = drawn(then, now)
    assert not is_fallback(page)
    assert "<p>debt is left out: it has no value on one side</p>" in page
    now["debt"] = np.inf
    assert "<p>debt is left out: it holds infinite values</p>" in drawn(then, now)


@pytest.mark.parametrize(
    "change",
    [
        lambda frame: frame.assign(region=None),
        lambda frame: frame.assign(income=7.0),
        lambda frame: frame.assign(region="one"),
        lambda frame: frame.assign(region=[f"v{index}" for index in range(len(frame))]),
        lambda frame: frame.assign(income=np.where(np.arange(len(frame)) % 3, np.nan, 1e300)),
        lambda frame: frame.assign(region=[HOSTILE if index % 2 else None for index in range(len(frame))]),
        lambda frame: frame.head(1),
        lambda frame: frame.head(2),
    ],
    ids=["empty", "constant", "one value", "all different", "huge and missing", "hostile", "one row", "two rows"],
)
def test_odd_columns_still_give_a_page(change: Any) -> None:
    page = drawn(change(features()), change(features(300, 1)))
    assert "</html>" in page
    assert "2020-02" in page


@pytest.mark.parametrize("then", [features(0), features().assign(income=np.nan, debt=np.nan, region=None)])
def test_nothing_to_show_gives_a_small_page_that_says_why(then: pd.DataFrame) -> None:
    page = drawn(then, features())
    assert is_fallback(page)
    assert "no column has values on both sides" in page
    assert len(page) < 2000


def test_our_own_words_are_escaped() -> None:
    model = model_with(features=Features(numbers=(HOSTILE,)))
    page = drawn(pd.DataFrame({HOSTILE: [np.nan]}), pd.DataFrame({HOSTILE: [1.0]}), model)
    assert is_fallback(page)
    assert "<img" not in page
    assert "&lt;img src=x" in page


def test_a_failure_of_evidently_becomes_a_page_that_says_why(monkeypatch: pytest.MonkeyPatch) -> None:
    import evidently

    def fails(self: Any, *args: Any, **kwargs: Any) -> None:
        raise RuntimeError(f"cannot draw {HOSTILE}")

    monkeypatch.setattr(evidently.Report, "run", fails)
    page = drawn(features(), features())
    assert is_fallback(page)
    assert "Evidently could not draw it: RuntimeError: cannot draw &lt;img" in page
    assert "<img" not in page


def test_the_heading_is_escaped_in_the_report_too() -> None:
    model = model_with(features=Features(numbers=("income", HOSTILE)))
    then = features().assign(**{HOSTILE: np.nan})
    page = drawn(then, then, model)
    assert not is_fallback(page)
    assert f"<p>{HOSTILE}" not in page
    assert "<p>&lt;img src=x" in page


def test_of_very_many_columns_the_first_ones_are_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(report, "_MANY", 2)
    page = drawn(features(), features(300, 1))
    assert "<p>1 of 3 columns is left out: the first 2 are shown</p>" in page


def test_nothing_is_printed_sent_or_written(
    capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def no_network(*args: Any, **kwargs: Any) -> None:
        pytest.fail("it opened a connection")

    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setattr(socket.socket, "connect", no_network)
    monkeypatch.setattr(socket, "getaddrinfo", no_network)
    page = drawn(features(), features(300, 1))
    assert not is_fallback(page)
    assert capfd.readouterr() == ("", "")
    assert not list(tmp_path.rglob("*"))
    assert "evidently.telemetry" not in sys.modules
    assert not re.search(r"<(script|link|img)[^>]+(src|href)=[\"']https?:", page)
