"""Garbled text: a wrong encoding is seen in the text itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tests.unit.lifecycle.feeds import answered, rows
from windvane.lifecycle.garbled import readable

if TYPE_CHECKING:
    import pandas as pd


def misread(frame: pd.DataFrame, written: str, read: str) -> pd.DataFrame:
    towns = frame["town"].map(lambda text: text.encode(written, "replace").decode(read, "replace"))
    return frame.assign(town=towns.astype(object))


@pytest.mark.parametrize(
    ("written", "read"),
    [("utf-8", "latin-1"), ("utf-8", "cp1252"), ("latin-1", "utf-8"), ("utf-8", "ascii"), ("ascii", "ascii")],
)
def test_text_of_another_encoding_is_broken(written: str, read: str) -> None:
    found, _ = answered(lambda frame: misread(frame, written, read))
    assert found.outcome == "finding"
    assert found.columns == ("town",)
    assert "town is garbled in" in found.headline


def test_new_towns_with_accents_are_not_garbled() -> None:
    found, _ = answered(lambda frame: frame.assign(town=frame["town"].replace("Bern", "Brâmois")))
    assert "garbled" not in found.headline


def test_text_that_was_always_so_is_no_news() -> None:
    assert answered(lambda frame: frame, draw=lambda week: misread(rows(week), "utf-8", "latin-1"))[0].outcome == "ok"


@given(st.text(alphabet="äöüéèêñçøåabcß", min_size=1, max_size=20))
@example("l’été")
@example("Strauß’")
@example("“Œuvre” – 5 €")
def test_what_people_write_is_not_taken_for_another_encoding(text: str) -> None:
    assert readable(text) is None


@given(st.text(alphabet="äöüéèêñçøåabc", min_size=1, max_size=20))
def test_utf_8_that_was_read_as_latin_1_is_read_again(text: str) -> None:
    wrong = text.encode("utf-8").decode("latin-1")
    assert readable(wrong) == (None if text.isascii() else text)
