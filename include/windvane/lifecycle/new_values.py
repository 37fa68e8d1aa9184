"""Values that are missing, were never seen, or took another one's place: a fault of the feed, or a new world."""

from __future__ import annotations

import unicodedata

import numpy as np
from scipy import stats

from windvane.lifecycle.checks.saying import percent_number
from windvane.lifecycle.drift import holm
from windvane.lifecycle.finding import FEWEST, Finding
from windvane.lifecycle.garbled import readable
from windvane.lifecycle.own_past import Pasts
from windvane.lifecycle.wording import NAMED_FROM, capital, named_value, percent
from windvane.results import ColumnProfile, Profile

_JUMP = 0.2
"""Smallest rise of the share of missing values, or of values never seen before, that counts."""


_RENAMED = 0.05
"""Smallest share of a value that vanishes while a new one takes its place."""


_ALIKE = 0.35
"""Largest difference of the shares of the two, relative to the first."""


_MOSTLY = 0.8
"""Share of the new values' rows that are known ones written another way."""


_DEFAULT = 0.5
"""Share of the rows from which one new value is a default that was filled in."""


_MANY_MORE = 10
"""Times as many values as there were: no world has so many new ones at once."""


_CODED = 0.05
"""Largest distance of the shares of new codes, in order, to those of the values they stand for; beyond chance."""


def new_values(known: Pasts, current: Profile, alpha: float, *, same_outcomes: bool) -> list[Finding]:
    """Find values that are missing, that were never seen, and that took the place of others.

    Args:
        known: The values of the window's columns, and their past.
        current: Profile of the window, with the reference's bins.
        alpha: Chance of a false finding.
        same_outcomes: False where the outcomes are surely not what they were: then new values may be a new world.
    """
    found = _missing(known.reference, current, alpha)
    found += _unseen(known, current, alpha, same_outcomes=same_outcomes)
    return found + _renamed(known, {item.column for item in found}, same_outcomes=same_outcomes)


def _renamed(known: Pasts, message: set[str], *, same_outcomes: bool) -> list[Finding]:
    """Find a value that vanished while a new one took as large a share.

    It is sure where the new one is the old one written another way, or the only new one beside the only one gone.
    """
    frame, reference, found = known.frame, known.reference, []
    for name, then in reference.columns.items():
        if then.kind != "category" or then.hashed or name in message or name not in frame.columns:
            continue
        if name in reference.calendar:
            continue
        now = known.texts(name)
        fresh = {value: count / len(frame) for value, count in now.items() if value not in then.categories}
        gone = [value for value, count in then.categories.items() if value not in now and count >= _RENAMED * then.rows]
        for value in gone:
            share = then.categories[value] / max(1, then.rows)
            if share * len(frame) < FEWEST:
                continue
            close = [other for other, part in fresh.items() if abs(part - share) <= _ALIKE * share]
            if close:
                best = min(close, key=lambda other: abs(fresh[other] - share))
                was, now_is = named_value(value, then.categories[value]), named_value(best, now[best])
                words = f"{name}: {was} is gone and {now_is} took its place"
                detail = f"{capital(was)} was {percent(share)} of the rows in {reference.window}."
                number = percent_number(f"{name}, what took its place", fresh[best])
                alone = len(gone) == 1 and len(close) == 1 and len(then.categories) > 1 and same_outcomes
                sure = plainly(best) == plainly(value) or alone
                found.append(Finding(name, share, words, detail, (number,), sure, "new values"))
    return found


def plainly(value: str) -> str:
    """Return a value without what is only its writing: case, spaces, punctuation, accents and a wrong encoding."""
    value = readable(value) or value
    plain = unicodedata.normalize("NFKD", value).casefold()
    return "".join(letter for letter in plain if letter.isalnum()) or value


def _missing(reference: Profile, current: Profile, alpha: float) -> list[Finding]:
    shares = {
        name: (column.missing, column.rows, current.columns[name].missing, current.columns[name].rows)
        for name, column in reference.columns.items()
        if name in current.columns
    }
    return [
        Finding(
            name,
            now - then,
            f"{name} is missing in {percent(now)} of the rows",
            f"It was missing in {percent(then)} in {reference.window}.",
            (percent_number(f"{name} missing", now, allowed=f"a rise below {percent(_JUMP)}", better="lower"),),
            sign="missing",
        )
        for name, then, now in _risen(shares, alpha)
    ]


def _unseen(known: Pasts, current: Profile, alpha: float, *, same_outcomes: bool) -> list[Finding]:
    """Find columns whose values were mostly never seen.

    A fresh sample always has some: as large a share as the values seen once have in the reference (Good 1953, eq. 9;
    with N1 values seen once and N2 seen twice in n rows, its standard error is about the root of N1 + 2 N2, over n).
    """
    reference, shares = known.reference, {}
    for name, then in reference.columns.items():
        now = current.columns.get(name)
        if then.kind != "category" or now is None or now.kind != "category" or then.hashed:
            continue
        if name in reference.calendar and len(then.categories) > 1:
            continue
        once, twice = (list(then.categories.values()).count(count) for count in (1, 2))
        had = then.rows - then.missing
        expected = min(had, round(once + 3 * (once + 2 * twice) ** 0.5))
        shares[name] = (expected, had, now.other, now.rows - now.missing)
    found = []
    for name, then_share, now_share in _risen(shares, alpha):
        then = reference.columns[name]
        counts = known.texts(name) if name in known.frame.columns else {}
        several = [value for value in current.columns[name].new[:3] if counts.get(value, 0) >= NAMED_FROM]
        examples = f"Such as {', '.join(map(repr, several))}." if several else f"Each has fewer than {NAMED_FROM} rows."
        words = f"{name} has values never seen in {reference.window} in {percent(now_share)} of the rows"
        allowed = f"a rise below {percent(_JUMP)}"
        number = percent_number(f"{name} never seen", now_share, allowed=allowed, better="lower")
        sure = _replaced(known, name, then, current.columns[name], same_outcomes=same_outcomes)
        weight, detail = now_share - then_share, examples
        found.append(Finding(name, weight, words, detail, (number,), sure, "new values"))
    return found


def _replaced(known: Pasts, name: str, then: ColumnProfile, now: ColumnProfile, *, same_outcomes: bool) -> bool:
    """True where new values surely stand for known ones: written another way, one code each, or all by one default."""
    if name in known.frame.columns:
        counts = known.texts(name)
    else:
        counts = {**now.categories, **dict.fromkeys(now.new, now.other // max(1, len(now.new)))}
    fresh = {value: count for value, count in counts.items() if value not in then.categories}
    total = sum(fresh.values())
    written = {plainly(value) for value in then.categories}
    if total and sum(count for value, count in fresh.items() if plainly(value) in written) >= _MOSTLY * total:
        return True
    if not same_outcomes or len(then.categories) < 2:
        return False
    kept = sum(count for value, count in counts.items() if value in then.categories)
    if len(fresh) == 1:
        rows = max(1, then.rows - then.missing)
        gone = [count / rows for value, count in then.categories.items() if value not in counts]
        gone = [share for share in gone if share >= _RENAMED]
        taken = total / (total + kept)
        return taken >= _DEFAULT or (len(gone) == 1 and abs(taken - gone[0]) <= _ALIKE * gone[0])
    before = np.sort(np.array(list(then.categories.values()), dtype=float))[::-1]
    after = np.sort(np.array(list(fresh.values()), dtype=float))[::-1]
    if not kept and len(fresh) >= _MANY_MORE * len(before):
        return True  # another column's values: identifiers where there were a few classes
    if kept or abs(len(before) - len(after)) > 0.2 * len(before):
        return False
    width = max(len(before), len(after))
    parts = [np.pad(side / side.sum(), (0, width - len(side))) for side in (before, after)]
    return bool(np.abs(parts[0] - parts[1]).sum() / 2 <= _CODED + 0.5 * (width / total) ** 0.5)


def _risen(shares: dict[str, tuple[int, int, int, int]], alpha: float) -> list[tuple[str, float, float]]:
    """Return the columns whose share rose by what counts, surely (Fisher 1935, exact, Holm over columns)."""
    risen = []
    for name, (then, then_rows, now, now_rows) in shares.items():
        if then_rows and now_rows and now / now_rows - then / then_rows >= _JUMP:
            table = np.array([[now, now_rows - now], [then, then_rows - then]])
            risen.append((name, then / then_rows, now / now_rows, float(stats.fisher_exact(table, "greater").pvalue)))
    adjusted = holm([item[3] for item in risen])
    return [(name, then, now) for (name, then, now, _), p in zip(risen, adjusted, strict=True) if p < alpha]
