"""Steps that explain a version: what it rests on, and its card."""

from __future__ import annotations

from typing import TYPE_CHECKING

from windvane.results import Evaluation, Explanation, Run, Version
from windvane.spec import Model
from windvane.steps.carrying import contender
from windvane.steps.training import comparable, holdout_rows
from windvane.stores import Stores

if TYPE_CHECKING:
    from windvane.lifecycle.document import Document


def explain(model: Model, number: int, stores: Stores, run: Run, shap: bool = False) -> Explanation:
    """Explain a version on its holdout, and keep that as an artifact the registry refers to.

    Args:
        model: The spec.
        number: The version.
        stores: Registry and artifacts.
        run: Who asks.
        shap: Also compute SHAP values, which needs the extra `explain`.

    Raises:
        MissingExtra: SHAP values are asked for, and `shap` is not installed.
    """
    from windvane.lifecycle.explain import ROWS, Sample, sampled
    from windvane.lifecycle.explain import explain as explained
    from windvane.lifecycle.shap_values import mean_shap_values

    version = stores.registry.versions.get(model.name, number)
    own = contender(model, version, stores, version.trained_until)
    declared = own.model or model
    holdout = holdout_rows(declared, version, stores)
    comparison_version = _comparison_version(model, version, stores)
    since = version.trained_until
    other = contender(model, comparison_version, stores, since) if comparison_version else None
    found = explained(holdout, declared, own.make, own, other)
    if shap:
        sample = Sample(sampled(holdout, ROWS, declared.seed), declared, own.make, own.estimator)
        found = found.model_copy(update={"shap_values": mean_shap_values(sample)})
    digest = stores.artifacts.put(found.to_json().encode())
    stores.registry.versions.add_explanation(model.name, number, digest, run)
    return found


def explanation(model: str, number: int, stores: Stores) -> Explanation | None:
    """Return what was kept of a version's explanation."""
    model = stores.registry.models.recorded(model)
    digest = stores.registry.versions.explanation(model, number)
    return Explanation.from_json(stores.artifacts.get(digest)) if digest else None


def card(model: Model, number: int, stores: Stores) -> Document:
    """Return a version's model card, from what the registry knows of it now."""
    from windvane.lifecycle.card import Dossier
    from windvane.lifecycle.card import card as drawn
    from windvane.steps.tuning import as_version

    registry = stores.registry
    version = registry.versions.get(model.name, number)
    model = as_version(model, version, stores)
    kept = stores.artifacts.get(version.evaluation) if version.evaluation else None
    dossier = Dossier(
        model=model,
        version=version,
        snapshots=registry.snapshots.get_all(model.name, version.snapshots),
        evaluation=Evaluation.from_json(kept) if kept else None,
        explanation=explanation(model.name, number, stores),
        promotions=[
            promotion for promotion in registry.champions.promotions(model.name) if promotion.version == number
        ],
        approvals=registry.people.approvals(model.name, number),
        rollouts=registry.staging.rollouts(model.name, number),
    )
    return drawn(dossier)


def _comparison_version(model: Model, version: Version, stores: Stores) -> Version | None:
    """Return the champion that the evaluation was beside, else the one that it may be compared with."""
    if version.evaluation:
        number = Evaluation.from_json(stores.artifacts.get(version.evaluation)).champion
        return stores.registry.versions.get(model.name, number) if number else None
    return comparable(model, version, stores)
