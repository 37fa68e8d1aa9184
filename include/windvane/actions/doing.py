"""How an action is done: what was given is read by the row's parameters, then the row's step is called."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from windvane.actions.row import Action, Parameter
from windvane.actions.situation import Doing, Given, Outcome, State
from windvane.errors import IllegalMove, WindvaneError


def read(
    action: Action,
    model: str,
    values: Mapping[str, Any],
    refuse: type[WindvaneError] = IllegalMove,
    epoch: int | None = None,
) -> Given:
    """Read what a person gave, by the parameters of the row.

    Args:
        action: The row.
        model: The model's name.
        values: What was given, by the parameters' names; a version as a whole number.
        refuse: The error that names what is missing or too long.
        epoch: The champion's epoch that a page showed; None where nothing was shown.

    Raises:
        WindvaneError: Of the kind `refuse`: something is missing, too long, or not among the choices.
    """
    texts = {item.name: _text(item, values.get(item.name), action, model, refuse) for item in action.parameters}
    version, window = action.parameter("version"), action.parameter("window")
    number = texts.pop(version.name) if version else ""
    return Given(
        reason=texts.pop("reason", ""),
        version=int(number) if number else None,
        window=texts.pop(window.name) if window else "",
        epoch=epoch,
        others=texts,
    )


def refuse_changed(action: Action, state: State) -> None:
    """Refuse when something that the person was shown has changed meanwhile.

    Raises:
        StaleChampion, IllegalMove: See `confirming`.
    """
    for check in action.confirm:
        check(state)


def carry_out(action: Action, doing: Doing) -> Outcome:
    """Do it, by the same step wherever it was asked for.

    Raises:
        WindvaneError: As the step says.
    """
    return action.do(doing)


def _text(parameter: Parameter, value: Any, action: Action, model: str, refuse: type[WindvaneError]) -> str:
    text = "" if value is None else str(value).strip()
    named = f"{model}: {action.name}"
    if not text:
        if parameter.required:
            raise refuse(f"{named} without a {parameter.name}", f"give it: {parameter.help}")
        return ""
    if len(text) > parameter.longest:
        raise refuse(f"{named}: a {parameter.name} of {len(text):,} characters", f"say it in {parameter.longest:,}")
    if parameter.kind == "version" and not (text.isascii() and text.isdecimal()):
        raise refuse(f"{named}: {text!r:.40} is not a version's number", "give a whole number such as 3")
    if parameter.kind == "choice" and text not in parameter.choices:
        raise refuse(f"{named}: there is no {parameter.name} {text!r:.40}", f"choose {', '.join(parameter.choices)}")
    return text
