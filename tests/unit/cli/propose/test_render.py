"""Rendered code is the text it stands for, whatever the text is."""

from __future__ import annotations

import ast

from hypothesis import given
from hypothesis import strategies as st

from windvane.cli.propose.render import filled, literal, mapped


@given(st.text())
def test_a_literal_is_the_text_and_one_line_or_pieces(text: str) -> None:
    written = literal(text, 4)
    assert ast.literal_eval(written) == text
    assert all(row.isprintable() and len(row) < 120 for row in written.split("\n"))


@given(st.lists(st.text(min_size=1), max_size=30, unique=True))
def test_lists_and_mappings_of_any_names_are_code(names: list[str]) -> None:
    assert ast.literal_eval(filled(names, 10)) == names
    assert ast.literal_eval(mapped(dict.fromkeys(names, "(0, 1)"))) == dict.fromkeys(names, (0, 1))
