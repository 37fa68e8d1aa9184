"""Which models a change of code touches, by digests of what code and declarations say, not by paths."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from windvane.results.ci import Conclusion, Described, ModelChange, Verdicts
from windvane.results.reason import fitting


class Touched(NamedTuple):
    """What differs between two sides of a model.

    Args:
        training: What decides a version's content.
        judging: What decides what is thought of it: rules, monitor, expectations, texts.
    """

    training: tuple[str, ...]
    judging: tuple[str, ...]


def touched(base: Described | None, head: Described, recorded: Mapping[str, str] | None = None) -> Touched:
    """Return what differs.

    Args:
        base: The model in the code of before; None where it is new.
        head: The model in the code of now.
        recorded: Libraries of the version that is champion; None where that is not known. Both sides run with those
            of now.
    """
    if base is None:
        return Touched(("the model is new",), ())
    training = [f"file {name}" for name in _differing(base.files, head.files)]
    judging = [f"expectations {name}" for name in _differing(base.expectations, head.expectations)]
    fields = _differing_fields(base, head)
    if base.training != head.training:
        training += [f"field {name}" for name in fields[0]]
    judging += [f"field {name}" for name in fields[1]]
    for name in _differing(recorded or head.libraries, head.libraries):
        then, now = (recorded or {}).get(name, "absent"), head.libraries.get(name, "absent")
        training.append(f"library {name} {then} -> {now}")
    return Touched(tuple(training), tuple(judging))


def _differing(base: Mapping[str, str], head: Mapping[str, str]) -> list[str]:
    return sorted(name for name in base.keys() | head.keys() if base.get(name) != head.get(name))


def _differing_fields(base: Described, head: Described) -> tuple[list[str], list[str]]:
    from windvane.spec import Model

    names = sorted(
        name
        for name in base.declared.keys() | head.declared.keys()
        if base.declared.get(name) != head.declared.get(name)
    )
    judging = Model.not_trained()
    return [name for name in names if name not in judging], [name for name in names if name in judging]


def concluded(found: Verdicts) -> tuple[Conclusion, str]:
    """Return what the gate's verdicts come to, and a headline.

    A rule that fails decides; else one that cannot tell makes the whole inconclusive.
    """
    by_outcome: dict[str, list[str]] = {}
    for rule, outcome, headline in found.rules:
        by_outcome.setdefault(outcome, []).append(headline or rule)
    if "fail" in by_outcome:
        return "fail", fitting(by_outcome["fail"][0])
    if "inconclusive" in by_outcome:
        return "inconclusive", fitting(by_outcome["inconclusive"][0])
    return "pass", "every rule of the gate passes"


def overall(models: Sequence[ModelChange], problems: Sequence[str]) -> Conclusion:
    """Return the conclusion about all models: the worst one."""
    said = {item.conclusion for item in models}
    if "fail" in said or problems:
        return "fail"
    order: tuple[Conclusion, ...] = ("inconclusive", "pass")
    return next((item for item in order if item in said), "unchanged")
