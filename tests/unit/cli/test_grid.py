"""Tables at any width: no word is broken that a line has room for, and nothing is lost."""

from __future__ import annotations

from io import StringIO

from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from windvane.cli.output import table

HEADS = ("window", "decision", "version", "loss", "why")
WHY = "Drift found in distance; retraining would gain about 1.6 % of the loss (needs 2 %), so nothing is retrained"
ROWS = [("2013-04", "retrain", "v2", 0.5081, WHY), ("2013-05", "hold", "v2", 0.4912, None)]


def drawn(width: int, heads: tuple[str, ...] = HEADS, rows: list[tuple[object, ...]] | None = None) -> list[str]:
    console = Console(file=StringIO(), width=width, force_terminal=False, highlight=False)
    console.print(table(heads, ROWS if rows is None else rows))
    text = console.file.getvalue()  # type: ignore[attr-defined]  # it is the StringIO above
    return [line.rstrip() for line in text.splitlines()]


def test_a_table_that_fits_has_one_line_a_row() -> None:
    lines = drawn(200)
    assert len(lines) == 3
    assert lines[0].split() == list(HEADS)
    assert lines[1].endswith(WHY)


def test_what_does_not_fit_beside_the_others_stands_below_its_row() -> None:
    lines = drawn(80)
    assert all(len(line) <= 80 for line in lines)
    assert lines[0].split() == ["window", "decision", "version", "loss"]
    assert lines[1].split() == ["2013-04", "retrain", "v2", "0.5081"]
    assert lines[2].startswith("    why: Drift found in distance;")
    assert lines[-1].split() == ["2013-05", "hold", "v2", "0.4912"]


@given(
    st.integers(30, 120),
    st.lists(st.lists(st.text("abcdef", min_size=1, max_size=24), min_size=1, max_size=12), min_size=1, max_size=5),
)
def test_no_word_is_broken_at_any_width(width: int, cells: list[list[str]]) -> None:
    rows: list[tuple[object, ...]] = [("key", " ".join(words), " ".join(words[:3])) for words in cells]
    lines = drawn(width, ("a", "bb", "ccc"), rows)
    assert all(len(line) <= width for line in lines)
    found = " ".join(lines).split()
    for words in cells:
        for word in words:
            if len(word) + 9 <= width:
                assert word in found
