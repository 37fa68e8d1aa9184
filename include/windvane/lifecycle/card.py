"""The model card of a version: what it is for, what it was made from, how good and how fair it is, and who let it in.

After "Model Cards for Model Reporting" (Mitchell et al. 2019). It holds what the registry knows and nothing else, so
that it can be drawn again at any time; its limits are said from the evidence itself.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from windvane.lifecycle.document import Document, Section, Table
from windvane.lifecycle.overriding import overridden_by
from windvane.lifecycle.wording import elsewhere, refitted, trained_until
from windvane.results import (
    Approval,
    Disparity,
    Estimate,
    Evaluation,
    Explanation,
    Promotion,
    Rollout,
    Snapshot,
    Verdict,
    Version,
)
from windvane.results.reason import cells
from windvane.spec import Metric, Model


@dataclass(frozen=True)
class Dossier:
    """All that is known of a version.

    Args:
        model: The spec, as it was last registered.
        version: The version.
        snapshots: What it was trained on, oldest first.
        evaluation: Its latest evaluation.
        explanation: What it rests on.
        moves: When it became champion, the newest first.
        approvals: The questions asked about it, and their answers.
        rollouts: Its staged promotions.
    """

    model: Model
    version: Version
    snapshots: Sequence[Snapshot] = ()
    evaluation: Evaluation | None = None
    explanation: Explanation | None = None
    promotions: Sequence[Promotion] = ()
    approvals: Sequence[Approval] = ()
    rollouts: Sequence[Rollout] = ()


def card(dossier: Dossier) -> Document:
    """Return the card; `document.markdown` and `document.page` write it."""
    found = dossier.evaluation
    sections = [
        _purpose(dossier),
        _data(dossier),
        *(_evaluated(dossier.model, found) if found else []),
        *_fit(dossier.version),
        _gate(dossier),
        _people(dossier),
        *([_explanation(dossier.explanation)] if dossier.explanation else []),
        Section("Limits", tuple(limits(dossier))),
    ]
    return Document(f"{dossier.model.name} v{dossier.version.version}", tuple(sections))


def limits(dossier: Dossier) -> list[str]:
    """Return what this version must not be trusted with, as far as the evidence itself says so."""
    model, version, found = dossier.model, dossier.version, dossier.evaluation
    message = [
        f"It has learnt from rows until {_at(version.learned_until)}, and knows nothing of what came after.",
        f"It says {_said(model)}; nothing here shows what causes it.",
    ]
    if version.spec_digest != model.digest:
        message.append("The spec was changed since it was made; purpose and owner above are those of now.")
    if found is None:
        return [*message, "It was never evaluated: nothing is known of how good it is."]
    if version.refit:
        message.append(f"The one that scores was {refitted(version)}.")
    span = f"{found.rows:,} rows from {_at(found.holdout_start)} to {_at(found.holdout_end)}"
    message.append(f"All figures rest on {span}. Another time may be harder.")
    independent = f"The intervals respect that {found.dependence} depend on each other."
    message.append(independent if found.dependence else "The intervals take rows as independent of each other.")
    message += [f"{item.metric} could not be measured: {item.problem}." for item in found.metrics if item.problem]
    message += [f"The evidence is in doubt: {problem}." for problem in found.problems]
    if not model.protected:
        message.append("No protected column is declared, so nothing is known about fairness.")
    over = overridden_by(version, dossier.promotions)
    message += [f"It became champion against the gate, by {over.actor}: {over.reason}."] if over else []
    gate = version.gate
    unsure = [item for item in gate.verdicts if item.outcome != "pass"] if gate else []
    message += [f"{item.rule} did not pass: {item.headline}." for item in unsure]
    return message


def _purpose(dossier: Dossier) -> Section:
    model, version = dossier.model, dossier.version
    rows = [
        ("purpose", model.description or "not said in the spec"),
        ("owner", model.owner),
        ("says", _said(model)),
        ("risk", model.risk),
        ("state", version.state),
        ("estimator", f"{model.estimator.path} {model.estimator.params or ''}"),
        *([("parameters", f"trial {version.trial} of the search {version.study}")] if version.study else []),
        ("made by", f"{version.actor} {version.run_id}"),
        ("made at", _at(version.created_at)),
    ]
    return Section("Purpose", tables=(Table(("what", "value"), tuple(rows)),))


def _from_elsewhere(version: Version) -> list[tuple[str, str]]:
    """Return where a version was made that came from another registry, and what it was judged on here."""
    return [("made", elsewhere(version)), ("judged here on", version.window)] if version.elsewhere else []


def _data(dossier: Dossier) -> Section:
    model, version = dossier.model, dossier.version
    facts = [
        ("rows trained on", f"{version.rows:,}, until {_at(trained_until(version))}"),
        *_from_elsewhere(version),
        *([("scores with", refitted(version))] if version.refit else []),
        ("window", f"{version.window} ({_at(version.window_start)} to {_at(version.window_end)})"),
        ("learns from", ", ".join(f"{name} ({kind})" for name, kind in version.columns.items())),
        *_native(version),
        *_stopped(version),
        ("training weights", _weights(model)),
        ("protected columns", ", ".join(model.protected) or "none declared"),
        ("stored model", f"{version.artifact} ({version.artifact_bytes:,} bytes)"),
        *(
            [("judged model", f"{version.refit.judged} ({version.refit.judged_bytes:,} bytes)")]
            if version.refit
            else []
        ),
        ("code", version.code_digest),
        ("spec", version.spec_digest),
        ("seed", str(version.seed)),
        ("environment", ", ".join(f"{name} {known}" for name, known in sorted(version.environment.items()))),
    ]
    taken = [(item.window, f"{item.rows:,}", f"{item.outcomes:,}", item.digest) for item in dossier.snapshots]
    snapshots = Table(("snapshot of", "rows", "with outcome", "digest"), tuple(taken))
    return Section("Data", tables=(Table(("what", "value"), tuple(facts)), snapshots))


def _native(version: Version) -> list[tuple[str, str]]:
    counts = [f"{name} ({len(known):,})" for name, known in version.categories.items()]
    return [("categories it knows, others are missing", ", ".join(counts))] if counts else []


def _stopped(version: Version) -> list[tuple[str, str]]:
    early = version.stopped
    said = f"after {early.rounds:,} rounds, by its last {early.rows:,} rows, from {_at(early.since)}" if early else ""
    return [("stopped early", said)] if early else []


def _evaluated(model: Model, found: Evaluation) -> list[Section]:
    return [_metrics(found, model.known_metrics), *_backtest(found), *_slices(found), _fairness(model, found)]


def _metrics(found: Evaluation, known: Mapping[str, Metric]) -> Section:
    others = {"baseline": found.baseline, f"champion v{found.champion}": found.champion_metrics}
    named = {name: {item.metric: item for item in items} for name, items in others.items() if items}
    rows = [
        (
            item.metric,
            known[item.metric].unit if item.metric in known else "",
            interval(item),
            *(interval(items.get(item.metric)) for items in named.values()),
        )
        for item in found.metrics
    ]
    heads = ("metric", "unit", "value (95 % interval)", *named)
    message = f"On {found.rows:,} rows held out, later than every row it was trained on ({found.snapshot})."
    return Section("Metrics", (message,), (Table(heads, tuple(rows)),))


def _backtest(found: Evaluation) -> list[Section]:
    """Return how the recipe does a window later, beside the holdout; no section where no rule asks for it."""
    told = found.backtest
    if told is None:
        return []
    if told.problem:
        return [Section("A window later", (told.problem,))]
    message = (
        f"The same recipe, fitted on {told.trained_rows:,} rows before {told.window}, on the {told.rows:,} rows of "
        f"{told.window}: what it loses as far away as it scores."
    )
    baseline = {item.metric: item for item in told.baseline}
    rows = [
        (item.metric, interval(item), interval(baseline.get(item.metric)), interval(found.metric(item.metric)))
        for item in told.metrics
    ]
    heads = ("metric", f"on {told.window} (95 % interval)", "baseline there", "this version on its holdout")
    return [Section("A window later", (message,), (Table(heads, tuple(rows)),))]


def _slices(found: Evaluation) -> list[Section]:
    rows = [
        (name, item.metric, interval(item), f"{item.rows:,}") for name, items in found.slices.items() for item in items
    ]
    heads = ("slice", "metric", "value (95 % interval)", "rows")
    return [Section("Slices", tables=(Table(heads, tuple(rows)),))] if rows else []


def _fairness(model: Model, found: Evaluation) -> Section:
    if not found.fairness:
        declared = f"The gate has no rule about the protected {', '.join(model.protected)}."
        return Section("Fairness", (declared if model.protected else "No protected column is declared.",))
    rows = [
        (item.column, item.measure, _spread(item.difference, item.low, item.high), _ratio(item), item.problem)
        for item in found.fairness
    ]
    groups = [
        (item.column, one.group, f"{one.rows:,}", *map(_share, (one.selection_rate, one.true_positive_rate)))
        for item in found.fairness
        for one in item.groups
    ]
    tables = (
        Table(("column", "measure", "difference (95 % interval)", "ratio (95 % interval)", "problem"), tuple(rows)),
        Table(("column", "group", "rows", "decided positive", "of the truly positive"), tuple(dict.fromkeys(groups))),
    )
    return Section("Fairness", (f"Decisions are made at a score of {model.threshold:g}.",), tables)


def _fit(version: Version) -> list[Section]:
    """Return what fitting warned of; no section where it did not."""
    rows = [(item.category, f"{item.count:,}", item.message) for item in version.warnings]
    heads = ("warning", "times", "message")
    return [Section("Warnings of the fit", tables=(Table(heads, tuple(rows)),))] if rows else []


def _gate(dossier: Dossier) -> Section:
    gate, over = dossier.version.gate, overridden_by(dossier.version, dossier.promotions)
    if gate is None:
        return Section("Gate", ("It was not judged.",))
    rows = [(item.outcome, item.rule, item.headline) for verdict in gate.verdicts for item in _with_parts(verdict)]
    leaves = [item for verdict in gate.verdicts for item in verdict.leaves()]
    numbers = [(item.rule, *cells(number)) for item in leaves for number in item.numbers]
    details = [(item.rule, item.detail) for item in leaves if item.detail]
    tables = (
        Table(("verdict", "rule", "why"), tuple(rows)),
        Table(("rule", "number", "value", "interval", "allowed"), tuple(numbers)),
        Table(("rule", "more"), tuple(details)),
    )
    message = [f"The decision was {gate.decision}. {gate.headline}"]
    if over:
        message.append(f"Gate overridden by {over.actor} at {_at(over.at)}: {over.reason}")
    return Section("Gate", tuple(message), tables)


def _people(dossier: Dossier) -> Section:
    requested = [
        (_at(item.requested_at), item.requested_by, item.state, item.actor, item.reason, item.why)
        for item in dossier.approvals
    ]
    moved = [(_at(item.at), item.kind, f"epoch {item.epoch}", item.actor, item.reason) for item in dossier.promotions]
    staged = [
        (_at(item.began_at), ", ".join(f"{share:.0%}" for share in item.shares), item.state, str(item.stage), item.why)
        for item in dossier.rollouts
    ]
    tables = (
        Table(("asked at", "asked by", "answer", "answered by", "words", "does not count because"), tuple(requested)),
        Table(("promoted in stages at", "shares", "state", "stages passed", "why it ended"), tuple(staged)),
        Table(("became champion at", "by", "epoch", "who", "why"), tuple(moved)),
    )
    nobody = () if requested else ("Nobody was asked to approve it.",)
    return Section("Approvals", nobody if moved else (*nobody, "It was never champion."), tables)


def _explanation(found: Explanation) -> Section:
    rests = [(item.feature, _spread(item.increase, item.low, item.high)) for item in found.importance]
    attributed = [(item.feature, _spread(item.mean, item.low, item.high)) for item in found.shap_values]
    curves = [
        (item.feature, _curve(item.at, label, means))
        for item in found.dependence
        for label, means in item.means.items()
    ]
    rows = [
        (
            item.key,
            item.outcome,
            item.score,
            item.champion_score,
            ", ".join(f"{name} {value}" for name, value in item.features.items()),
        )
        for item in found.disagreements
    ]
    message = (
        f"Measured on {found.rows:,} held-out rows: how much {found.metric} grows when one column is shuffled.",
        "Columns that say the same thing share their importance.",
    )
    tables = (
        Table(("column", f"{found.metric} grows by (95 % interval)"), tuple(rests)),
        Table(("column", "mean absolute SHAP value (95 % interval)"), tuple(attributed)),
        Table(("column", "mean score at its values"), tuple(curves)),
        Table(("row", "outcome", "score", f"score of v{found.champion}", "its values"), tuple(rows)),
    )
    return Section("What it rests on", message, tables)


def interval(item: Estimate | None) -> str:
    """Return `0.25 (0.2 to 0.3)`; what is not known is left out."""
    return _spread(item.value, item.low, item.high) if item else ""


def _spread(value: float | None, low: float | None, high: float | None) -> str:
    if value is None:
        return "not known"
    return f"{value:.4g}" if low is None or high is None else f"{value:.4g} ({low:.4g} to {high:.4g})"


def _ratio(item: Disparity) -> str:
    return _spread(item.ratio, item.ratio_low, item.ratio_high)


def _share(value: float | None) -> str:
    return "not known" if value is None else f"{value:.1%}"


def _curve(at: Sequence[str], label: str, means: Sequence[float]) -> str:
    message = ", ".join(f"{point}: {mean:.3g}" for point, mean in zip(at, means, strict=True))
    return message if label == "score" else f"{label}: {message}"


def _with_parts(verdict: Verdict) -> list[Verdict]:
    return [verdict, *(inner for part in verdict.parts for inner in _with_parts(part))]


def _said(model: Model) -> str:
    kinds = {
        "binary": f"the chance that {model.target} is 1",
        "multiclass": f"how likely each value of {model.target} is",
        "regression": f"the expected {model.target}",
    }
    return kinds[model.task]


def _weights(model: Model) -> str:
    weights = model.training_weights
    if weights is None:
        return "all rows count the same"
    return (
        f"by {weights.path}" if weights.path else f"reweighed, so that the outcome does not depend on {weights.column}"
    )


def _at(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M} UTC"
