"""How a moment's text is written, in the words of `strptime`: what can be read, and what cannot, said when declared."""

from __future__ import annotations

import re
from typing import Final

_PART: Final = re.compile(r"%(.?)", re.DOTALL)
_READ: Final = frozenset("aAbBcdfGHIjmMpSuUVwWxXyYzZ%")
_YEARS: Final = frozenset("YyGcx")
_DAYS: Final = frozenset("uaAw")


def readable(form: str) -> str:
    """Return a format by which moments can be read.

    Raises:
        ValueError: It has an unknown part, one twice, no year, or a week without a day of it.
    """
    parts = [part for part in _PART.findall(form) if part != "%"]
    strange = next((part for part in parts if part not in _READ), None)
    if strange is not None:
        known = "%Y %m %d %H %M %S %f %z and the others of strptime"
        hint = "; seconds since 1970 are unit='s'" if strange == "s" else ""
        hint = "; for a quarter, deliver its first day" if strange.lower() == "q" else hint
        raise ValueError(f"{form!r:.60}: %{strange} is no part of a moment{hint}. Known: {known}")
    twice = next((part for number, part in enumerate(parts) if part in parts[:number]), None)
    if twice is not None:
        raise ValueError(f"{form!r:.60} has %{twice} twice")
    if not _YEARS & set(parts):
        raise ValueError(f"{form!r:.60} names no year; a moment has one: write %Y, or join columns by parts={{…}}")
    for week, year in (("V", "G"), ("W", "Y"), ("U", "Y")):
        if week in parts and not ({year} <= set(parts) and _DAYS & set(parts)):
            raise ValueError(f"{form!r:.60}: a week is no moment; name its year and a day, %{year}-%{week}-%u")
    if "G" in parts and "V" not in parts:
        raise ValueError(f"{form!r:.60}: %G is the year of a week, %G-%V-%u; the year of a date is %Y")
    return form
