"""How columns fit each other, held against how they did: a column that is turned round, or that is another one's.

The links of a column (see `windvane.lifecycle.links`) are its neighbours' word on it. They hold where its own spread
tells nothing, such as a change of sign of numbers around zero.
"""

from __future__ import annotations

from collections.abc import Sequence

from windvane.lifecycle.finding import Finding
from windvane.lifecycle.own_past import Pasts, out_of_line
from windvane.results import Link, Number, Profile

_TURNED, _CORRELATED = 0.5, 0.25
"""Part of a rank correlation that must have come with the opposite sign; least correlation that has a sign."""
_CLOSE, _GONE, _KEPT = 0.3, 0.35, 0.7
"""Least link that can be lost; part of it below which it is; part that each earlier window must have kept."""
_STRONG, _STRONGLY_GONE = 0.5, 0.2
"""The same for a column that has no other link."""
_STEADY = 0.5
"""Largest range of a correlation over the windows before, as a part of it: one that comes and goes says nothing."""
_MOST = 0.8
"""Share of a column's links that must be lost, or turned round."""
_ERRORS = 4.0
_PASTS = 3

Key = tuple[str, str, str]


def unfitting(known_of: Pasts, current: Profile, besides: Sequence[str] = ()) -> list[Finding]:
    """Find a column that is turned round against the others, and one that no longer has to do with them.

    Args:
        known_of: The values of the window's columns, and their past.
        current: Profile of the window.
        besides: Columns whose values are explained already; their links say nothing about the others.
    """
    reference, before = known_of.reference, known_of.before
    pasts = [_by_key(past) for past in before if past.links]
    then, now = _by_key(reference), _by_key(current)
    now = {key: item for key, item in now.items() if not {*key[:2]} & {*besides}}
    known = {key: item for key, item in now.items() if key in then}
    held = {key: [past[key] for past in pasts if key in past] for key in known}
    turned = {key for key, item in known.items() if _turned(item, then[key], held[key])}
    lost = {key for key, item in known.items() if _lost(item, then[key], held[key])}
    signed = {key for key in known if abs(then[key].rank or 0.0) >= _CORRELATED}
    close = {key for key in known if then[key].together >= _CLOSE}
    found = []
    for name in _whole(turned, signed):
        if not _as_well(known_of, name):
            continue
        key = max((key for key in turned if name in key[:2]), key=lambda key: abs(then[key].rank or 0.0))
        other = key[1] if key[0] == name else key[0]
        words = f"{name} looks like the opposite sign: it goes against {other}, with which it went"
        words = words if (then[key].rank or 0.0) > 0 else f"{name} looks like the opposite sign: it goes with {other}"
        detail = f"Their rank correlation was {then[key].rank:.2f} in {reference.window}, and is {known[key].rank:.2f}."
        number = Number(name=f"rank correlation of {name} and {other}", value=known[key].rank)
        found.append(Finding(name, 1.0, words, detail, (number,), len(held[key]) >= _PASTS, "turned"))
    if not lost - turned:
        return found
    moved = out_of_line(reference, current, before)
    lost = {key for key in lost - turned if not moved & set(key[:2])}  # what hardly varies any more goes with nothing
    for name in _whole(lost, close):
        keys = [key for key in lost if name in key[:2]]
        key = max(keys, key=lambda key: then[key].together)
        other = key[1] if key[0] == name else key[0]
        words = f"{name} has no longer to do with {other}: it may be another column's, or on the wrong rows"
        detail = f"Their link was {then[key].together:.2f} in {reference.window}, and is {known[key].together:.2f}."
        number = Number(name=f"link of {name} and {other}", value=known[key].together, better="higher")
        strongly = then[key].together >= _STRONG and known[key].together <= _STRONGLY_GONE * then[key].together
        sure = len(held[key]) >= _PASTS and (len(keys) > 1 or strongly)
        found.append(Finding(name, 0.9, words, detail, (number,), sure, "lost"))
    return found


def _as_well(known: Pasts, name: str) -> bool:
    """True where a number with the opposite sign is as much in line with its past: its spread does not contradict."""
    if name not in known.frame.columns or known.reference.columns[name].kind != "number":
        return False
    values, past = known.numbers(name), known.of(name)
    return past.nearest(-values) <= max(known.nearest(name), past.chance(len(values)))


def _by_key(profile: Profile) -> dict[Key, Link]:
    return {(item.first, item.second, item.kind): item for item in profile.links if item.kind != "order"}


def _turned(now: Link, then: Link, pasts: Sequence[Link]) -> bool:
    if now.rank is None or then.rank is None or abs(then.rank) < _CORRELATED:
        return False
    side = 1 if then.rank > 0 else -1
    ranks = [(past.rank or 0.0) * side for past in (then, *pasts)]
    if min(ranks) <= 0 or max(ranks) - min(ranks) > _STEADY * abs(then.rank):
        return False
    return bool(-now.rank * side >= max(_TURNED * abs(then.rank), _ERRORS / now.rows**0.5))


def _lost(now: Link, then: Link, pasts: Sequence[Link]) -> bool:
    if then.together < _CLOSE or now.together > _GONE * then.together:
        return False
    return all(past.together >= _KEPT * then.together for past in pasts)


def _whole(hit: set[Key], all_links: set[Key]) -> list[str]:
    """Return the columns of which nearly all links are hit; of two that share their only one, both are told as one."""
    names = dict.fromkeys(name for key in sorted(hit) for name in key[:2])
    shares = {}
    for name in names:
        own = [key for key in all_links if name in key[:2]]
        shares[name] = (sum(key in hit for key in own), len(own))
    whole = [name for name, (count, total) in shares.items() if total and count >= _MOST * total]
    ranked = sorted(whole, key=lambda name: (-shares[name][0], name))
    kept: list[str] = []
    for name in ranked:
        if not any(name in key[:2] and other in key[:2] for key in hit for other in kept):
            kept.append(name)
    return kept
