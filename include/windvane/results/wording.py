"""How reasons and their numbers are written for people: headlines that fit, numbers with their sign and side."""

from __future__ import annotations

from windvane.results.reason import HEADLINE, Number

MINUS = "\N{MINUS SIGN}"
COLUMNS = ("number", "value", "interval", "unit", "allowed", "better")
"""The columns that `cells` fills; tables of terminals, pages and documents leave out those that stay empty."""


def headline(fact: str, consequence: str = "", joint: str = ": ") -> str:
    """Return `fact: consequence` in at most 90 characters; a fact that is too long is cut, its consequence never."""
    ending = f"{joint}{consequence}" if consequence else ""
    room = HEADLINE - len(ending)
    return (fact if len(fact) <= room else fact[: room - 1].rstrip() + "…") + ending


def amount(value: float, *, signed: bool = False) -> str:
    """Return a number as people write it: `1,200`, `0.5081`, `0.00012`, and `+0.0100` with its sign."""
    if value == int(value) and abs(value) >= 1:
        text = f"{value:+,.0f}" if signed else f"{value:,.0f}"
    elif 0 < abs(value) < 0.001:
        text = f"{value:+.2g}" if signed else f"{value:.2g}"
    elif signed and value == 0:
        text = "0"
    else:
        digits = 4 if abs(value) < 10 else 1
        text = f"{value:+,.{digits}f}" if signed else f"{value:,.{digits}f}"
    return text.replace("-", MINUS)


def side(number: Number) -> str:
    """Return `▼ better`, `▲ worse` for a difference; `lower is better` for a value; nothing where neither is."""
    if not number.better or number.value is None:
        return ""
    if not number.difference:
        return f"{number.better} is better"
    if number.value == 0:
        return "the same"
    up = number.value > 0
    return f"{'▲' if up else '▼'} {'better' if up == (number.better == 'higher') else 'worse'}"


def cells(number: Number) -> tuple[str, str, str, str, str, str]:
    """Return a number's texts for the columns of `COLUMNS`."""
    value = "" if number.value is None else amount(number.value, signed=number.difference)
    return number.name, value, interval(number), number.unit, number.allowed, side(number)


def interval(number: Number) -> str:
    """Return `-0.0098 to -0.0018`; nothing where an end is not known."""
    if number.low is None or number.high is None:
        return ""
    return " to ".join(amount(end, signed=number.difference) for end in (number.low, number.high))


def line(number: Number) -> str:
    """Return a number in one line: `log_loss difference -0.0057 (-0.0098 to -0.0018), allowed below +0.0100, …`."""
    name, value, ends, unit, allowed, better = cells(number)
    first = " ".join(part for part in (name, value or "not known", unit, f"({ends})" if ends else "") if part)
    return ", ".join(part for part in (first, f"allowed {allowed}" if allowed else "", better) if part)
