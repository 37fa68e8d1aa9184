"""What a declaration may not say all at once: fields of a `Model` that contradict each other, in the user's words."""

from __future__ import annotations

from datetime import timedelta
from math import isfinite
from typing import TYPE_CHECKING

from windvane.spec.base import unknown
from windvane.spec.estimators import ESTIMATORS
from windvane.spec.keys import Key
from windvane.spec.publish import FACTS
from windvane.spec.rules import Names
from windvane.spec.timing import cron_problem, skipped_tick
from windvane.windows import Cadence

if TYPE_CHECKING:
    from windvane.spec.model import Model

_OF_FILES = frozenset({"csv", "parquet", "feather", "json", "excel"})


def contradictions(model: Model) -> list[str]:
    """Return what cannot hold together in a declaration, one sentence each, beginning with the field."""
    return [
        *_column(model),
        *_window(model),
        *_role(model),
        *_gate(model),
        *_pair(model),
        *_target_range(model),
        *_search(model),
    ]


def newer_contradictions(model: Model) -> list[str]:
    """Return what is refused of a new declaration, and was not of one that an earlier release stored."""
    return [*_output(model), *_key(model), *_clock(model)]


def is_gone(estimator: str) -> bool:
    """Return whether an estimator is a name that no installed package brings."""
    return ":" not in estimator and estimator not in ESTIMATORS.usable()[0]


def _ticks(length: timedelta) -> bool:
    """True when a cron expression can tick at the end of each window of this length, counted from midnight."""
    hour, day = timedelta(hours=1), timedelta(days=1)
    return not hour % length or (not length % hour and not day % length)


def _column(model: Model) -> list[str]:
    roles = {"event_time": model.event_time, "key": model.key, "target": model.target}
    found = []
    if not model.features.names:
        found.append("features: declare at least one column")
    for role, column in roles.items():
        if column in model.features.names:
            found.append(f"features: {column!r} is the {role}; a version must not learn from it")
        if column in model.carry:
            found.append(f"carry: {column!r} is the {role} already")
    if len(set(roles.values())) < len(roles):
        found.append(f"event_time, key and target must be three columns, not {sorted(roles.values())}")
    both = sorted(set(model.carry) & set(model.features.names))
    if both:
        found.append(f"carry: {', '.join(both)} is declared as a feature already")
    return [*found, *_estimator(model), *_weights(model)]


def _search(model: Model) -> list[str]:
    if model.tune is None:
        return []
    found = []
    if model.tune.every > 1 and model.start is None:
        found.append("tune: every counts windows from the start, which is not declared; declare start")
    if model.tune.branches and all(item.estimator != model.estimator for item in model.tune.branches.values()):
        found.append("tune: branches must hold the spec's estimator, with its parameters, as one of them")
    return found


def _output(model: Model) -> list[str]:
    """Key and event time stand in the file of scores beside its own columns."""
    own: tuple[str, ...] = ("predicted", "version") if model.task == "multiclass" else ("score", "version")
    own += FACTS[:3] if model.publish else ()
    return [
        f"{role}: {column!r} is the name of a column of the published scores; give it another one, "
        f"such as {f'their_{column}'!r}, by the source's columns={{{column!r}: {f'their_{column}'!r}}}"
        for role, column in (("key", model.key), ("event_time", model.event_time))
        if column in own or (model.task == "multiclass" and column.startswith("score_"))
    ]


def _target_range(model: Model) -> list[str]:
    if model.target_range is None:
        return []
    if model.task != "regression":
        return [f"target_range: a {model.task} target has classes, and no range; leave it out"]
    low, high = model.target_range
    if low is None and high is None:
        return ["target_range: (None, None) says nothing; name an end, such as (0, None), or leave it out"]
    ends = [end for end in (low, high) if end is not None]
    if not all(map(isfinite, ends)) or ends != sorted({*ends}):
        return [f"target_range: {model.target_range} is no range; name the smaller end first, such as (0, 100)"]
    return []


def _key(model: Model) -> list[str]:
    if model.key_parts == Key.ROW and model.source.kind not in _OF_FILES:
        return [f"key: only rows of files have a position; a {model.source.kind} source has none"]
    known = (model.event_time, *model.features.from_source, *model.carry, model.target)
    found = [f"key: {model.key!r} would be two columns"] if model.key_parts and model.key in known else []
    if model.target in model.key_parts:
        found.append(f"key: {model.target!r} is the target; a key is known before the outcome")
    reading = model.source.reading
    declared = {*model.delivered}
    never = reading.may_lack & {model.key, *model.key_parts, model.event_time}
    return [
        *found,
        *(
            f"source: {unknown(f'column {name!r}', name, declared)}; only declared columns may be absent"
            for name in sorted(reading.may_lack - declared)
        ),
        *(f"source: {name!r} is the key or the event time, which no row may lack" for name in sorted(never)),
        *(
            f"source: parts: {name!r} is neither the event time nor one of moments"
            for name in reading.parts
            if name not in (model.event_time, *reading.moments)
        ),
        *(
            f"source: values: {unknown(f'column {name!r}', name, declared)}; only declared columns are read"
            for name in sorted({*reading.values} - declared)
        ),
    ]


def _clock(model: Model) -> list[str]:
    """A tick in an hour that the clocks skip comes late, or for another window."""
    cadence = Cadence.parse(model.window, model.timezone)
    ticks = {verb: getattr(model.schedule, verb) for verb in ("score", "monitor", "train")}
    problems = {verb: skipped_tick(cadence, tick) for verb, tick in ticks.items() if tick}
    return [f"schedule: {verb} {problem}" for verb, problem in problems.items() if problem]


def _estimator(model: Model) -> list[str]:
    if model.estimator.code is not None or is_gone(model.estimator.path):  # gone: see `from_stored`
        return []
    tasks = ESTIMATORS.get(model.estimator.path).tasks
    known = f"estimator: {model.estimator.path!r} is for {' and '.join(tasks)}, not for a {model.task} task"
    return [] if model.task in tasks else [known]


def _weights(model: Model) -> list[str]:
    if model.training_weights is None or model.training_weights.column is None:
        return []
    column, known = model.training_weights.column, [*model.features.from_source, *model.carry]
    if column not in known:
        return [f"training_weights: {unknown(f'column {column!r}', column, known)}"]
    if model.task == "regression":
        return ["training_weights: reweighing needs classes to balance; give a regression weights by a function"]
    return []


def _window(model: Model) -> list[str]:
    try:
        cadence = Cadence.parse(model.window, model.timezone)
    except ValueError as error:
        return [str(error)]
    found = []
    if cadence.duration and not _ticks(cadence.duration):
        message = "no cron ticks at its ends; it must divide an hour or, in whole hours, a day, or be whole days"
        found.append(f"window {model.window!r}: {message}")
    if model.start and model.end and model.end <= model.start:
        found.append(f"end {model.end} is not after start {model.start}")
    if model.history == "all" and model.start is None:
        found.append("history='all' needs start: the first day of the source")
    elif model.history != "all" and model.history < 1:
        found.append(f"history must be at least 1 window, not {model.history}")
    for verb in ("score", "monitor", "train"):
        expression = getattr(model.schedule, verb)
        problem = cron_problem(cadence, expression) if expression else None
        if problem:
            found.append(f"schedule: {verb} {problem}")
    return found


def _role(model: Model) -> list[str]:
    """Columns that metrics and fairness need must be in the snapshot."""
    named = [
        ("cluster", model.cluster),
        ("row_weight", model.row_weight),
        *(("protected", name) for name in model.protected),
    ]
    found = [
        f"{role}: {unknown(f'column {name!r}', name, model.kept)}; list it under carry"
        for role, name in named
        if name is not None and name not in model.kept
    ]
    if model.row_weight in model.features.categories:
        found.append(f"row_weight: {model.row_weight!r} is a category; weights are numbers")
    if model.costs and model.task == "regression":
        found.append("costs: a regression decides nothing; declare metrics of your own instead")
    labels = {*model.costs, *(decision for row in model.costs.values() for decision in row)}
    if model.task == "binary" and labels - {"0", "1"}:
        found.append(f"costs: the outcomes and decisions of a binary task are '0' and '1', not {sorted(labels)}")
    return found


def _gate(model: Model) -> list[str]:
    found = [message for metric in model.metrics for message in metric.problems()]
    labels = [metric.label for metric in model.metrics]
    found += [f"metrics: {name!r} is declared twice" for name in sorted({n for n in labels if labels.count(n) > 1})]
    names = Names(
        task=model.task,
        metrics=model.known_metrics,
        columns=model.kept,
        numbers=tuple(name for name in model.features.from_source if name in model.features.numbers),
        protected=model.protected,
    )
    found += [message for item in model.monitor.limits for message in item.problems(model.known_metrics)]
    if model.gate.min_each_class is not None and model.task == "regression":
        found.append("gate.min_each_class: a regression has no classes")
    return [*found, *(message for rule in model.gate.rules for message in rule.problems(names))]


def _pair(model: Model) -> list[str]:
    names = model.features.names
    return [
        f"monitor.pairs names {unknown(f'column {column!r}', column, names)}"
        for pair in model.monitor.pairs
        for column in pair
        if column not in names
    ]
