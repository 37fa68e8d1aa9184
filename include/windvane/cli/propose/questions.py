"""What only the user knows: asked once on a terminal, and taken as proposed elsewhere."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from windvane.cli.propose.look import Sample
from windvane.cli.propose.outcomes import Outcome


@dataclass(frozen=True)
class Question:
    """Something that the rows do not tell.

    Args:
        about: `time`, `timezone` or `task`.
        text: What is asked.
        proposed: What is taken without an answer.
        choices: All that may be answered; none: see `check`.
        check: Returns an answer as it is meant, or raises; None: any of the choices.
    """

    about: str
    text: str
    proposed: str
    choices: tuple[str, ...] = ()
    check: Callable[[str], str] | None = None


def which_time(sample: Sample, given: Sequence[str]) -> Question | None:
    """Ask which column is the event time, where several hold moments and the user named none."""
    if given or not sample.alternatives:
        return None
    if sample.parts:  # of these the parts say more than any single one
        return None
    known = (sample.time, *sample.alternatives)
    return Question("time", f"Which of {', '.join(known)} is the moment of the event?", sample.time, known)


def which_zone(sample: Sample, given: str | None, check: Callable[[str], str]) -> Question | None:
    """Ask for the zone of times that name none."""
    if given or not sample.form.naive:
        return None
    text = f"The times in {sample.time!r} name no zone. Whose clock is it (such as UTC or Europe/Berlin)?"
    return Question("timezone", text, "UTC", check=check)


def which_task(outcome: Outcome, said: str | None) -> Question | None:
    """Ask whether a few whole numbers count something."""
    if said or not outcome.may_count:
        return None
    many = outcome.known.nunique()
    text = f"Are the {many} whole numbers in {outcome.known.name!r} classes (multiclass), or amounts (regression)?"
    return Question("task", text, outcome.task, ("multiclass", "regression"))
