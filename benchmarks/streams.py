"""Streams with known truth, and what a plan of retraining comes to on each: the same pure functions as the DAGs call.

A stream is a list of windows; each says in which state the world is. A retrain is false when the champion was trained
in the state that the window is in.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from windvane import Estimator, Features, Model, Source
from windvane.errors import WindvaneError
from windvane.lifecycle.answers import answer
from windvane.lifecycle.asking import asked
from windvane.lifecycle.checks.case import Evidence
from windvane.lifecycle.decide import decide
from windvane.lifecycle.deciding import Past, Retrained
from windvane.lifecycle.evaluate import Contender, evaluate
from windvane.lifecycle.features import design
from windvane.lifecycle.foreseen import answered_by, foreseen_by, measured
from windvane.lifecycle.gate import judge
from windvane.lifecycle.growth import halved
from windvane.lifecycle.probe import answered, probe, untrained, waiting
from windvane.lifecycle.recurrence import fresh_start
from windvane.lifecycle.reference import reference_profile
from windvane.lifecycle.rules import Case
from windvane.lifecycle.scored_rows import ScoredRows, mean_loss
from windvane.lifecycle.split import split
from windvane.lifecycle.train import score_rows, train
from windvane.results import Champion, CheckResult, MonitorResult, Profile, Version
from windvane.stores.code import resolve
from windvane.windows import Window

Array = np.ndarray[Any, Any]
WARM = 4
"""Windows that the first version is trained on."""
Plan = str
"""`never`, `every:N` (trained with no gate), `evidently` (any column it calls drifted), or `default`."""


@dataclass(frozen=True)
class Stream:
    """A stream of windows.

    Args:
        name: Its name.
        model: The spec.
        windows: The windows, oldest first.
        frames: Their rows.
        states: The state of the world in each: equal numbers, equal relation of inputs and outcome.
        faults: Positions of windows whose data is broken.
    """

    name: str
    model: Model
    windows: list[Window]
    frames: list[pd.DataFrame]
    states: list[float]
    faults: frozenset[int] = frozenset()


@dataclass
class Played:
    """What a plan came to on a stream.

    Args:
        losses: The mean primary loss of each sound window: scores of broken rows are nobody's merit.
        trained: Positions of the windows whose retrain was asked for.
        false: Those of them where the champion was trained in the same state of the world.
        on_faults: Those of them whose data is broken.
        alerts: Positions of the windows that alerted.
        broken: Those of them whose data looked broken.
        probes: Probes trained.
        refused: Trained versions that the gate refused.
        delays: Windows from each abrupt change of state to the next promoted training.
    """

    losses: list[float] = field(default_factory=list)
    trained: list[int] = field(default_factory=list)
    false: list[int] = field(default_factory=list)
    on_faults: list[int] = field(default_factory=list)
    alerts: list[int] = field(default_factory=list)
    broken: list[int] = field(default_factory=list)
    probes: int = 0
    refused: int = 0
    delays: list[int] = field(default_factory=list)


def pipeline(random_state: int = 0) -> Any:
    """Return a logistic regression over numbers (missing ones imputed) and categories."""
    from sklearn.linear_model import LogisticRegression

    return with_columns(LogisticRegression(max_iter=200, random_state=random_state))


def linear() -> Any:
    """Return a ridge regression over the same columns."""
    from sklearn.linear_model import Ridge

    return with_columns(Ridge())


def with_columns(last: Any) -> Any:
    """Return an estimator over numbers (missing ones imputed) and categories."""
    from sklearn.compose import ColumnTransformer, make_column_selector
    from sklearn.impute import SimpleImputer
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import OneHotEncoder, StandardScaler

    numbers = make_pipeline(SimpleImputer(keep_empty_features=True), StandardScaler())
    codes = OneHotEncoder(handle_unknown="ignore", min_frequency=5)
    columns = ColumnTransformer(
        [
            ("numbers", numbers, make_column_selector(dtype_include="number")),
            ("codes", codes, make_column_selector(dtype_exclude="number")),
        ]
    )
    return make_pipeline(columns, last)


NUMBERS = ("x1", "x2", "x3", "x4")
REGIONS = np.array(["north", "south", "east", "west"], dtype=object)


def model_of(name: str, task: str = "binary", **fields: Any) -> Model:
    """Return the spec of a stream: everything as a person would leave it who tunes nothing."""
    declared: dict[str, Any] = {
        "name": name,
        "owner": "benchmark",
        "source": Source.callable("benchmarks.streams:pipeline"),
        "event_time": "at",
        "key": "id",
        "target": "y",
        "task": task,
        "window": "week",
        "features": Features(numbers=NUMBERS, categories=("region",)),
        "estimator": Estimator("benchmarks.streams:linear" if task == "regression" else "benchmarks.streams:pipeline"),
        "min_rows": 20,
    }
    return Model(**(declared | fields))


def inputs(random: np.random.Generator, rows: int, shift: float = 0.0) -> pd.DataFrame:
    """Return correlated, skewed, discrete and categorical inputs; `shift` moves the first two."""
    base = random.standard_normal((rows, 3))
    return pd.DataFrame(
        {
            "x1": base[:, 0] + shift,
            "x2": 0.6 * base[:, 0] + 0.8 * base[:, 1] + shift,
            "x3": np.exp(0.7 * base[:, 2]),
            "x4": random.poisson(2, rows).astype(float),
            "region": random.choice(REGIONS, rows, p=[0.4, 0.3, 0.2, 0.1]),
        }
    )


def signal(rows: pd.DataFrame, weights: Sequence[float], intercept: float) -> Array:
    """Return the linear predictor."""
    parts = [rows["x1"], rows["x2"], np.log(rows["x3"]), rows["x4"] - 2, (rows["region"] == "north") * 1.0]
    return np.asarray(intercept + sum(weight * part for weight, part in zip(weights, parts, strict=True)))


def stream(
    name: str,
    *,
    seed: int,
    windows: int = 36,
    rows: int = 1000,
    task: str = "binary",
    weights: Callable[[int], tuple[float, ...]],
    intercept: Callable[[int], float] = lambda _: -0.5,
    shift: Callable[[int], float] = lambda _: 0.0,
    state: Callable[[int], float] = lambda _: 0.0,
    noise: Callable[[pd.DataFrame], Any] = lambda _: 1.0,
    breaks: Callable[[pd.DataFrame, int], pd.DataFrame] | None = None,
    faults: Sequence[int] = (),
    **fields: Any,
) -> Stream:
    """Return a stream whose world is told by functions of the window's position."""
    random = np.random.default_rng(seed)
    model = model_of(name, task, **fields)
    first = model.cadence.window_at(pd.Timestamp("2020-01-06", tz="UTC").to_pydatetime())
    spans = [first]
    while len(spans) < windows:
        spans.append(model.cadence.next(spans[-1]))
    frames = []
    for position, window in enumerate(spans):
        frame = inputs(random, rows, shift(position))
        message = signal(frame, weights(position), intercept(position))
        if task == "regression":
            frame["y"] = message + noise(frame) * random.standard_normal(rows)
        else:
            frame["y"] = (random.random(rows) < 1 / (1 + np.exp(-message))).astype(float)
        seconds = np.sort(random.uniform(0, (window.end - window.start).total_seconds() - 1, rows))
        frame["at"] = pd.DatetimeIndex(window.start + pd.to_timedelta(seconds, unit="s")).as_unit("us")
        frame["id"] = [f"{position}-{index}" for index in range(rows)]
        frames.append(breaks(frame, position) if breaks and position in faults else frame)
    states = [state(position) for position in range(windows)]
    return Stream(name, model, spans, frames, states, frozenset(faults))


@dataclass
class Trained:
    """A version that plays.

    Args:
        version: Its record.
        estimator: The fitted estimator.
        profile: Its profile.
        position: The window it was trained on.
        learned: Rows of the windows it was trained on.
        rows: Those of them that it learned from.
    """

    version: Version
    estimator: Any
    profile: Profile
    position: int
    learned: int
    rows: pd.DataFrame


def play(stream: Stream, plan: Plan) -> Played:
    """Play a plan over a stream, as of the end of each window; every plan begins with the same version."""
    played = Played()
    champion = first_version(stream)
    champions = [champion]
    said: list[MonitorResult] = []
    requested: list[Retrained] = []
    waiting: list[int] = []
    for position in range(WARM, len(stream.windows)):
        window, frame, model = stream.windows[position], stream.frames[position], stream.model
        if stream.states[position] != stream.states[position - 1] and _abrupt(stream, position):
            waiting.append(position)
        scores = scores_of(champion, frame, model)
        if position not in stream.faults:
            played.losses.append(mean_loss(frame, scores, model) or float("nan"))
        history: tuple[str, ...] = ()
        wants = False
        if plan == "default":
            result = _monitor(stream, position, champion, champions, said, requested, scores)
            said.insert(0, result)
            wants, history = result.decision == "retrain", result.history
            played.probes += any("probe" in check.details for check in result.checks)
            played.alerts += [position] if result.decision == "alert" else []
            played.broken += [position] if _quality(result) else []
        elif plan == "evidently":
            wants = _evidently_drift(stream.frames[champion.position], frame, model)
        elif plan.startswith("every:"):
            wants = position % int(plan.removeprefix("every:")) == 0
        if not wants:
            continue
        played.trained.append(position)
        played.on_faults += [position] if position in stream.faults else []
        played.false += [position] if stream.states[champion.position] == stream.states[position] else []
        places = _history(stream, position, history, said if plan == "default" else [])
        try:
            new = _fit(stream, position, places, len(requested) + len(champions) + 1)
        except WindvaneError:
            requested.append(Retrained(window.start, "failed"))
            continue
        promoted = plan != "default" or _passes(stream, new, champion, said[0])
        played.refused += not promoted
        requested.append(Retrained(window.start, "promoted" if promoted else "refused"))
        if promoted:
            champion = new
            champions.append(new)
            played.delays += [position - start for start in waiting]
            waiting.clear()
    return played


def first_version(stream: Stream) -> Trained:
    """Return the version that every plan begins with."""
    return _fit(stream, WARM - 1, range(WARM), 1)


def _abrupt(stream: Stream, position: int) -> bool:
    return position < 2 or stream.states[position - 1] == stream.states[position - 2]


def _history(stream: Stream, position: int, keys: tuple[str, ...], said: list[MonitorResult]) -> list[int]:
    """Return the positions trained on: the named ones, else the spec's; found-broken ones are left out."""
    broken = {item.window for item in said if item.decision == "alert" and _quality(item)}
    places = {window.key: place for place, window in enumerate(stream.windows)}
    count = stream.model.history if isinstance(stream.model.history, int) else position + 1
    chosen = [places[key] for key in keys] or list(range(max(0, position - count + 1), position + 1))
    return [place for place in chosen if stream.windows[place].key not in broken or place == position]


def _quality(item: MonitorResult) -> bool:
    return any(check.check == "quality" and check.outcome == "finding" for check in item.checks)


def _fit(stream: Stream, position: int, places: Sequence[int], number: int) -> Trained:
    model, window = stream.model, stream.windows[position]
    trained = train([stream.frames[place] for place in places], model, resolve(model.estimator.path), None)
    fields: dict[str, Any] = {
        "model": model.name,
        "window": window.key,
        "window_start": window.start,
        "window_end": window.end,
        "trained_until": trained.trained_until,
        "artifact_bytes": 1,
        "snapshots": ("sha256:s",),
        "rows": trained.rows,
        "environment": {},
        "seed": model.seed,
        "version": number,
        "state": "evaluated",
        "created_at": window.end,
        "actor": "benchmark",
    }
    learned = sum(len(stream.frames[place]) for place in places)
    names = ("fingerprint", "artifact", "profile", "spec_digest", "training_digest", "code_digest")
    version = Version(**fields, **dict.fromkeys(names, "sha256:x"))
    together = pd.concat([stream.frames[place] for place in places], ignore_index=True)
    own = together[together[model.event_time] < trained.trained_until].reset_index(drop=True)
    profile = reference_profile(trained, model, None, window.key)
    return Trained(version, trained.estimator, profile, position, learned, own)


def scores_of(champion: Trained, frame: pd.DataFrame, model: Model) -> pd.DataFrame:
    """Return a version's scores of a window."""
    return scored_by(champion.estimator, frame, model)


def scored_by(estimator: Any, frame: pd.DataFrame, model: Model) -> pd.DataFrame:
    """Return an estimator's scores of a window, as they are published: a column, or one a class."""
    scores = score_rows(estimator, design(frame, model, None), model)
    if model.task == "multiclass":
        return pd.DataFrame(scores, columns=[f"score_{label}" for label in estimator.classes_])
    return pd.DataFrame({"score": scores})


def _passes(stream: Stream, new: Trained, champion: Trained, said: MonitorResult) -> bool:
    """Ask the gate, with the champion of that time as the rival."""
    model, frame = stream.model, stream.frames[new.position]
    parts = split(frame, model)
    comparison_version = Contender(champion.version, champion.estimator)
    found = evaluate(parts.holdout, parts.train, model, None, Contender(new.version, new.estimator), comparison_version)
    fields = {name: getattr(champion.version, name) for name in ("model", "version", "window", "window_end")}
    pointer = Champion(**fields, epoch=1, at=champion.version.window_end, trained_until=champion.version.trained_until)
    end = stream.windows[new.position].end
    foreseen = foreseen_by(said, champion.version.version)
    case = Case(model, new.version, found, pointer, champion.version, pointer, end, foreseen=foreseen)
    return judge(case, "sha256:e").decision == "promote"


def _monitor(
    stream: Stream,
    position: int,
    champion: Trained,
    champions: list[Trained],
    said: list[MonitorResult],
    requested: list[Retrained],
    scores: pd.DataFrame,
) -> MonitorResult:
    model, window, frame = stream.model, stream.windows[position], stream.frames[position]
    earlier = []
    for place in range(position - 1, max(champion.position, WARM - 1, position - 8), -1):
        if said[position - 1 - place].decision == "alert":
            break
        earlier.append(ScoredRows(stream.frames[place], scores_of(champion, stream.frames[place], model)))
    evidence = Evidence(
        window=window,
        rows=frame,
        features=design(frame, model, None),
        reference=champion.profile,
        scored=ScoredRows(frame, scores),
        mature=True,
        usual_rows=float(len(stream.frames[champion.position])),
        earlier=tuple(earlier),
        past=tuple(said),
        version=champion.version.version,
    )
    answers = answer(evidence, model)
    checks = [
        item.model_copy(update={"details": {**item.details, **_explored(stream, frame, champion, champions)}})
        if item.check == "performance" and item.outcome == "finding"
        else item
        for item in answers.checks
    ]
    past = Past(tuple(requested), tuple(said), champion.version.window_start, champion.version.version)
    checks = _probed(stream, position, checks, past, [ScoredRows(frame, scores), *earlier], said, champion)
    found = decide(checks, model, window=window, past=past, mature=True)
    return MonitorResult(
        model=model.name,
        window=window.key,
        decision=found.decision,
        reasons=found.reasons,
        checks=tuple(checks),
        version=champion.version.version,
        loss=answers.loss,
        estimated_loss=answers.estimated_loss,
        outcomes=answers.outcomes,
        notices=found.notices,
        history=found.history,
        request="requested" if found.decision == "retrain" else None,
    )


def _probed(
    stream: Stream,
    position: int,
    checks: list[CheckResult],
    past: Past,
    newest: list[ScoredRows],
    said: list[MonitorResult],
    champion: Trained,
) -> list[CheckResult]:
    """Train a probe where the signs ask for one, as the monitor's step does."""
    model, window = stream.model, stream.windows[position]
    found = next(item for item in checks if item.check == "performance")
    rows = sum(len(stream.frames[place]) for place in _history(stream, position, (), said))
    grown = rows / champion.learned
    wanted = asked(checks, model, window=window, past=past, mature=True, rows=champion.learned, grown=grown)
    if wanted is None:
        return checks
    if wanted.waits:
        again = waiting(found, wanted)
    elif wanted.curve:
        again = answered_by(found, wanted.curve, wanted, model)
    else:
        frames = [stream.frames[place] for place in _history(stream, position, wanted.history, said)]
        build = resolve(model.estimator.path)
        try:
            if wanted.rows:
                halves = halved(champion.rows, newest, model, build, None, None, f"v{past.version}")
                again = measured(found, wanted, halves, model, window.key)
            else:
                of = newest[: wanted.windows]
                done = probe(frames, of, model, build, None, None, f"v{past.version}", grown=wanted.grown > 0)
                again = answered(found, wanted, done, model)
        except WindvaneError as error:
            again = untrained(found, wanted, str(error))
    return [again if item is found else item for item in checks]


def _explored(stream: Stream, frame: pd.DataFrame, champion: Trained, champions: list[Trained]) -> dict[str, Any]:
    others = {
        item.version.version: Contender(item.version, item.estimator) for item in champions[-6:] if item is not champion
    }
    model, own = stream.model, Contender(champion.version, champion.estimator)
    return fresh_start(frame, model, None, resolve(model.estimator.path), own, others)


def _evidently_drift(then: pd.DataFrame, now: pd.DataFrame, model: Model) -> bool:
    """True when Evidently's default tests call any column drifted."""
    from benchmarks.peers import evidently_flags

    columns = list(model.features.names)
    return any(evidently_flags(then[columns], now[columns], model.features.categories).values())
