"""How each declared rule is judged: evidence in, one verdict out, with the numbers it rests on and a sentence."""

from __future__ import annotations

from windvane.lifecycle.rules.case import Case
from windvane.lifecycle.rules.combined import judged

__all__ = ["Case", "judged"]
