"""What the default policy costs on flights beside never retraining and retraining every month (2013, no Airflow).

Run: `python -m benchmarks.flights_policy`. The managed year runs through the same steps as the DAGs, in a registry of
its own; the every-month side trains each month with the same spec and lets every version through, without a gate.
"""

from __future__ import annotations

import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from statistics import fmean

from windvane import Model
from windvane.lifecycle.features import design, outcomes
from windvane.lifecycle.frames import check_frame
from windvane.lifecycle.metrics import row_losses
from windvane.lifecycle.train import score_rows, train
from windvane.loading import find_spec
from windvane.pipeline import runner
from windvane.results import Run
from windvane.stores import open_stores
from windvane.stores.code import resolve
from windvane.stores.datasets import read_source
from windvane.windows import Window

ROOT = Path(__file__).resolve().parent.parent


def main() -> int:
    """Play the year three ways and print one table."""
    model = find_spec("flights", ROOT / "dags")
    cadence = model.cadence
    windows = cadence.between(cadence.window("2013-01"), cadence.window("2013-12"))
    run = Run(actor="benchmark", as_of=datetime(2014, 6, 1, tzinfo=UTC))
    managed: dict[str, float] = {}
    frozen: dict[str, float] = {}
    decisions: dict[str, str] = {}
    with tempfile.TemporaryDirectory() as home:
        stores = open_stores(f"sqlite:///{home}/registry.db", f"{home}/artifacts")
        runner.run_train(model, windows[0], stores, run)
        for window in windows[1:]:
            runner.run_score(model, window, stores, run)
            result = runner.run_monitor(model, window, stores, run, report=False)
            managed[window.key] = result.loss or float("nan")
            frozen[window.key] = result.first_loss or float("nan")
            decisions[window.key] = result.decision
        requested = len(stores.registry.monitoring.requests(model.name))
        print(f"{'window':8} {'decision':18} {'managed':>8} {'frozen':>8} {'every':>8}")
        every = _every_month(model, windows)
    for window in windows[1:]:
        key = window.key
        print(f"{key:8} {decisions[key]:18} {managed[key]:8.4f} {frozen[key]:8.4f} {every[key]:8.4f}")
    means = [fmean(side.values()) for side in (managed, frozen, every)]
    print(f"{'mean':27} {means[0]:8.4f} {means[1]:8.4f} {means[2]:8.4f}")
    ratio = means[0] / means[2]
    met = ratio <= 1.02 and 1 + requested <= 6
    print(f"managed / every month = {ratio:.4f} with {1 + requested} trainings: {'met' if met else 'NOT met'}")
    return 0 if met else 1


def _every_month(model: Model, windows: list[Window]) -> dict[str, float]:
    """Return the loss of each month under the version trained on the month before, gate or no gate."""
    build = resolve(model.estimator.path)
    frames = [check_frame(read_source(model, window), model, window) for window in windows]
    losses = {}
    for index in range(1, len(windows)):
        trained = train(frames[:index], model, build, None)
        known = frames[index][frames[index][model.target].notna()]
        scores = score_rows(trained.estimator, design(known, model, None), model)
        losses[windows[index].key] = float(row_losses("log_loss", outcomes(known, model), scores).mean())
    return losses


if __name__ == "__main__":
    sys.exit(main())
