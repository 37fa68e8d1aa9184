"""Walks the first runs of the story in one process, without Airflow; writes the digests that it left, as JSON.

Run: `python -m tests.dags.walk HOME`. HOME/dags holds the story's DAG file.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from windvane import loading
from windvane.pipeline import runner
from windvane.results import Run
from windvane.stores import Stores, open_stores

RUNS = (("train", "2020-01"), ("score", "2020-03"), ("monitor", "2020-03"))


def main(home: Path) -> None:
    """Walk the graphs in the order of the story."""
    specs, problems = loading.load_specs(home / "dags")
    assert problems == []
    model = specs[0].model
    stores = open_stores(f"sqlite:///{home / 'registry.db'}", str(home / "artifacts"))
    run = Run(actor="schedule", as_of=datetime.now(UTC))
    walks: dict[str, Callable[..., Any]] = {
        "train": runner.run_train,
        "score": runner.run_score,
        "monitor": runner.run_monitor,
    }
    for verb, key in RUNS:
        walks[verb](model, model.cadence.window(key), stores, run)
    told = {"artifacts": sorted(stores.artifacts.digests()), "known": known(model.name, stores)}
    sys.stdout.write(f"{json.dumps(told)}\n")


def known(model: str, stores: Stores) -> dict[str, Any]:
    """Return every digest that the registry knows of the story's first runs, by what it is."""
    registry = stores.registry
    version = registry.versions.get(model, 1)
    scores = registry.scores.current(model, "2020-03")
    watched = registry.monitoring.results(model, "2020-03")[0]
    assert scores is not None
    return {
        "model": version.artifact,
        "profile": version.profile,
        "snapshots": list(version.snapshots),
        "evaluation": version.evaluation,
        "explanation": registry.versions.explanation(model, 1),
        "scores": scores.artifact,
        "watched": [watched.snapshot, watched.scores, watched.profile],
        "checks": [check.model_dump(mode="json") for check in watched.checks],
        "report": registry.monitoring.reports(model, "2020-03"),
    }


if __name__ == "__main__":
    main(Path(sys.argv[1]))
