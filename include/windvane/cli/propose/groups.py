"""Columns that tell of groups which decisions must be fair to, by their names and by their values."""

from __future__ import annotations

import re
from typing import Any

import pandas as pd

from windvane.cli.propose.kinds import kind_of, snake

_NAMES = frozenset(
    [
        *(
            "race",
            "racial",
            "sex",
            "gender",
            "ethnicity",
            "ethnic",
            "religion",
            "nationality",
            "citizenship",
            "citizen",
        ),
        *(
            "disability",
            "disabled",
            "marital",
            "maritl",
            "married",
            "widow",
            "divorce",
            "age",
            "ages",
            "birthdate",
            "dob",
            "pregnant",
            "pregnancy",
        ),
        *("orientation", "native", "immigrant", "foreign", "minority", "caste", "black", "hispanic", "white", "female"),
        *("male", "divorced", "widowed", "veteran"),
    ]
)
_NUMBERED = re.compile(r"^\d+[.):]?\s+")
"""What people number values by, `1. White`."""
_VALUES = (
    ("sex", {"m", "f", "male", "female", "man", "woman", "men", "women", "nonbinary", "non-binary"}, 2),
    ("race", {"white", "black", "asian", "hispanic", "latino", "caucasian", "african american", "african-american",
              "native american", "pacific islander", "asian-pac-islander", "amer-indian-eskimo"}, 2),
    ("marital status", {"married", "single", "divorced", "widowed", "separated", "never-married", "never married",
                        "unmarried"}, 2),
    ("religion", {"christian", "muslim", "hindu", "jewish", "buddhist", "catholic", "protestant"}, 2),
)  # fmt: skip
"""What it tells of, the words, and how many of them are found before it is said."""


def protected_groups(frame: pd.DataFrame) -> dict[str, str]:
    """Return the columns that tell of protected groups, each with what says so."""
    found = {}
    for name in frame.columns:
        why = _by_name(str(name)) or _by_values(frame[name])
        if why:
            found[str(name)] = why
    return found


def _by_name(name: str) -> str | None:
    parts = set(snake(name).split("_"))
    together = any(part[:at] in _NAMES and part[at:] in _NAMES for part in parts for at in range(3, len(part) - 2))
    return "by name" if together or parts & _NAMES else None


def _by_values(values: pd.Series[Any]) -> str | None:
    if kind_of(values) != "text":
        return None
    seen = {_NUMBERED.sub("", str(value).strip().lower()) for value in values.dropna().unique()[:60]}
    seen = {word.removeprefix("non-") for word in seen} | {word.replace("_", " ") for word in seen}
    for what, words, least in _VALUES:
        hits = {
            word for word in seen if word in words or any(word.startswith(f"{one}-") for one in words if len(one) > 3)
        }
        if len(hits) >= least and (len(hits) >= 0.4 * len(values.dropna().unique()[:60])):
            return f"its values look like {what}"
    return None
