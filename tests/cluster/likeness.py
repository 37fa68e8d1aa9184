"""What a year came to, of a cluster and of one process: two pictures that must be equal."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from demo.story import FIRST, LATE, MONTHS
from windvane import steps
from windvane.loading import load_specs
from windvane.pipeline.runner import run_monitor, run_score, run_train
from windvane.results import Run
from windvane.stores import Stores, open_stores

ROOT = Path(__file__).resolve().parents[2]
MODEL = "flights"


def one_process(home: Path) -> dict[str, Any]:
    """Play the year without Airflow, in an embedded registry, and return its picture."""
    home.mkdir(parents=True)
    specs, problems = load_specs(ROOT / "dags")
    assert not problems, problems
    model = next(spec.model for spec in specs if spec.model.name == MODEL)
    stores = open_stores(f"sqlite:///{home / 'registry.db'}", str(home / "artifacts"))
    run = Run(actor="cli:tests", as_of=datetime.now(UTC))
    run_train(model, model.cadence.window(FIRST), stores, run)
    for month in MONTHS:
        window = model.cadence.window(month)
        run_score(model, window, stores, run)
        run_monitor(model, window, stores, run)
    run_train(model, model.cadence.window(LATE), stores, run)
    return picture(stores)


def picture(stores: Stores) -> dict[str, Any]:
    """Return what a year came to: versions, scores, decisions, the pointer's moves, and what `verify` finds wrong."""
    registry = stores.registry
    versions = registry.versions.all(MODEL)
    champion = registry.champions.current(MODEL)
    published = {month: registry.scores.current(MODEL, month) for month in MONTHS}
    return {
        "versions": sorted((item.window, item.state, item.artifact, item.snapshots) for item in versions),
        "champion": champion and champion.window,
        "scores": {month: found and (found.version, found.artifact) for month, found in published.items()},
        "decisions": {
            item.window: (item.decision, item.headline) for item in reversed(registry.monitoring.results(MODEL))
        },
        "promotions": [(item.kind, item.version) for item in registry.champions.promotions(MODEL)],
        "problems": [item.cause for item in steps.verify(MODEL, stores).problems],
    }
