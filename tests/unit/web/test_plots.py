"""Charts that answer: the library is the one that was looked at, small, and its numbers are data."""

from __future__ import annotations

import gzip
import hashlib
import json
import re
from html import unescape
from typing import Any

from markupsafe import Markup
from starlette.testclient import TestClient

from tests.unit.stores.examples import MODEL
from windvane.web import plots, render


def numbers(text: str, kind: str) -> list[dict[str, Any]]:
    found = re.findall(rf'class="plot {kind}" data-plot="([^"]*)"', text)
    return [json.loads(unescape(one)) for one in found]


def test_the_library_is_the_one_that_was_looked_at() -> None:
    for name in ("uPlot.iife.min.js", "uPlot.min.css"):
        assert hashlib.sha256(render.assets()[name].body).hexdigest() == plots.UPLOT[name]
    assert f"(v{plots.UPLOT['version']})".encode() in render.assets()["uPlot.iife.min.js"].body[:80]


def test_a_first_visit_stays_below_400_kilobytes(client: TestClient) -> None:
    page = client.get(f"/models/{MODEL}").content
    loaded = sum(len(asset.body) for asset in render.assets().values())
    assert len(page) + loaded < 400_000
    assert len(gzip.compress(page)) < 50_000


def test_a_timeline_holds_the_numbers_of_the_api(client: TestClient) -> None:
    (told,) = numbers(client.get(f"/models/{MODEL}").text, "windows")
    facts = client.get(f"/api/models/{MODEL}").json()
    lines = facts["timeline"]["windows"]
    assert told["labels"] == [line["window"] for line in lines]
    assert told["series"][0]["values"] == [line["loss"] for line in lines]
    assert told["series"][1]["values"] == [line["first_loss"] for line in lines]
    assert told["hrefs"][0].endswith(f"/models/{MODEL}/windows/{lines[0]['window']}")
    assert {mark["kind"] for mark in told["marks"]} == {"retrain", "alert", "promote"}
    assert told["bands"] == [{"from": 4, "to": 4, "text": "incident 1, open"}]


def test_the_still_drawing_of_a_density_has_axes_and_stays_for_print(client: TestClient) -> None:
    text = client.get(f"/models/{MODEL}/windows/2013-04").text
    told = numbers(text, "density")
    assert [one["unit"] for one in told] == ["score", "income"]
    assert text.count("share of values per unit") == 2
    assert text.count('class="plot-still"') == 2


def test_no_text_leaves_the_attribute_that_holds_the_numbers() -> None:
    hostile = "\"'><script>alert(1)</script>"
    item = plots.windows(hostile, Markup(""), [hostile], [], [], [(0, 0, hostile)], [], hostile)
    assert "<script>" not in item
    assert item.count('"') == str(plots.windows("t", Markup(""), ["l"], [], [], [(0, 0, "b")], [], "u")).count('"')
