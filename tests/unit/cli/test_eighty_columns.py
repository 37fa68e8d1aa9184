"""Every verb that only reads, on a terminal of 80 columns: no line is longer, and no word is broken in two."""

from __future__ import annotations

import io
import re
import sys

import pytest
from rich.cells import cell_len

from tests.unit.cli.conftest import Command, Shop
from windvane.cli import main

VERBS = (
    *("status", "watch --once", "show shop", "show shop 2", "champion shop", "history shop", "verify", "check"),
    *("report shop --window 2024-02", "card shop 2", "compare shop 2 1", "explain shop 2", "grants --reader r"),
    *("scores shop --window 2024-02", "lineage shop --key 202402-1", "sweep --dry-run", "--help", "watch --help"),
)
WIDTH = 80
FRAME = frozenset("─╭╮╰╯│━┃")


class Terminal(io.StringIO):
    """A terminal."""

    def isatty(self) -> bool:
        return True


def shown(shop: Shop, words: str, width: int) -> list[str]:
    """What a person sees of a verb, without styles, and without heads: the one of an empty column goes with it."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("COLUMNS", str(width))
        patch.setenv("NO_COLOR", "1")
        patch.setattr(sys, "stdout", terminal := Terminal())
        assert main(shop.arguments(*words.split())) in (0, 1)
    told = terminal.getvalue()
    if width > WIDTH:
        told = re.sub(r"\x1b\[1m.*?\x1b\[0m", "", told)
    return re.sub(r"\x1b\[[0-9;]*m", "", told).splitlines()


def test_at_80_columns_no_line_is_longer_and_no_word_is_broken_in_two(
    trained: Command, shop: Shop, subtests: pytest.Subtests
) -> None:
    for verb in VERBS:
        with subtests.test(verb):
            narrow, wide = shown(shop, verb, WIDTH), shown(shop, verb, 4000)
            assert narrow
            assert [line for line in narrow if cell_len(line) > WIDTH] == []
            told = {word.rstrip(":") for line in narrow for word in line.split()}
            words = {word.rstrip(":") for line in wide for word in line.split() if not FRAME & set(word)}
            assert {word for word in words - told if cell_len(word) < WIDTH - 20 and re.search(r"\w\w", word)} == set()
