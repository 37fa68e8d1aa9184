"""`airflow backfill create` over all of 2013, in order and in reverse, each in an Airflow of its own: same champion?

Run: `python -m benchmarks.backfill_orders`. Takes some minutes a side; prints each side's versions and champion.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from demo.local_airflow import LocalAirflow
from windvane.stores import open_stores

ROOT = Path(__file__).resolve().parent.parent
DAG = "flights_train"


def main() -> int:
    """Backfill both ways; return 1 when the champions differ."""
    forward = champion(reverse=False)
    backward = champion(reverse=True)
    same = forward == backward
    print(f"in order: {forward}\nin reverse: {backward}\n{'the same champion' if same else 'NOT the same champion'}")
    return 0 if same else 1


def champion(*, reverse: bool) -> tuple[str, str]:
    """Backfill the year with Airflow's own command in a fresh Airflow; return the champion's window and digest."""
    with tempfile.TemporaryDirectory() as name:
        home = Path(name)
        airflow = LocalAirflow(
            home / "airflow",
            dags=ROOT / "dags",
            plugins=ROOT / "plugins",
            python_path=[ROOT / "include"],
            env={"WINDVANE_HOME": str(home / "windvane")},
        )
        with airflow, airflow.client() as client:
            client.wait_for_dags([DAG])
            client.unpause(DAG)
            span = ("--from-date", "2013-01-01", "--to-date", "2013-12-31", "--max-active-runs", "1")
            order = ("--run-backwards",) if reverse else ()
            done = airflow.airflow("backfill", "create", "--dag-id", DAG, *span, *order)
            if done.returncode != 0:
                raise RuntimeError(done.stdout + done.stderr)
            runs = client.wait_for_backfill(client.backfills(DAG)[0], timeout=1800)
            print([f"{run.partition_key} {run.state}" for run in runs])
        stores = open_stores(f"sqlite:///{home / 'windvane' / 'registry.db'}", str(home / "windvane" / "artifacts"))
        for version in reversed(stores.registry.versions.all("flights")):
            print(
                f"v{version.version} {version.window} {version.state} {version.gate.reasons[0] if version.gate else ''}"
            )
        stores.registry.audit.verify("flights")
        pointer = stores.registry.champions.current("flights")
        assert pointer is not None, "nothing was promoted"
        return pointer.window, stores.registry.versions.get("flights", pointer.version).artifact


if __name__ == "__main__":
    sys.exit(main())
