"""What an error says is one line that no terminal takes for a command."""

from __future__ import annotations

from windvane.errors import UnknownModel, nearest


def test_control_and_direction_characters_are_spelled_out() -> None:
    error = UnknownModel("no model 'x'" + nearest("x", ["a\x1b[31m", "b\u202e"]), "name\none")
    assert str(error) == r"no model 'x'; Known: a\x1b[31m, b\u202e (name one)"
