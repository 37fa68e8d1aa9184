"""`python -m tests.cluster`: play flights on a cluster while its parts fail, and compare with one process.

`python -m tests.cluster serve` starts the cluster and leaves it to you. `python -m tests.cluster drills [PAGE …]`
breaks what each runbook is about, follows nothing but the commands of its page, and tells the minutes.
"""

from __future__ import annotations

import sys
import tempfile
import threading
from pathlib import Path

from demo.client import AirflowApiError, AirflowWaitError
from demo.local_airflow import LocalAirflowError
from demo.story import MODEL, Story
from tests.cluster.cluster import Cluster
from tests.cluster.drills import DRILLS, Drill
from tests.cluster.likeness import one_process, picture
from tests.cluster.runbooks import PROJECT, ROOT, RUNBOOKS, DrillFailed, drills, write_files

PORT = 8080
_PATIENCE = 900.0
"""Seconds that a run may take: a store that is away is tried again for a quarter of an hour."""


def main(arguments: list[str]) -> int:
    """Serve, or play and compare; return the process's exit code."""
    with tempfile.TemporaryDirectory(prefix="windvane-cluster-") as folder:
        try:
            if arguments[:1] == ["drills"]:
                return _drill(Path(folder), arguments[1:])
            with Cluster(Path(folder) / "airflow", port=PORT) as cluster:
                print(f"the cluster is up at {cluster.url} (user admin, password {cluster.password()})", flush=True)
                if arguments[:1] == ["serve"]:
                    threading.Event().wait()
                return _play(cluster, Path(folder))
        except KeyboardInterrupt:
            return 0
        except LocalAirflowError as error:
            print(f"the cluster failed: {error}")
            return 1


def _drill(folder: Path, pages: list[str]) -> int:
    files = folder / "parcels"
    write_files(files)
    cluster = Cluster(
        folder / "airflow",
        dags=PROJECT / "dags",
        include=(ROOT / "include", PROJECT / "include"),
        port=PORT,
        environment={"PARCELS": str(files)},
    )
    rows, failed = [], 0
    with cluster, cluster.client() as client:
        stores = cluster.stores()
        client.wait_for_dags([f"{drill.model}_train" for drill in RUNBOOKS], timeout=_PATIENCE)
        for drill in drills(pages):
            try:
                seconds, done = drill.follow(cluster, client, stores, files)
                rows.append((drill.page, drill.fault, f"{done}: over", f"{seconds / 60:.1f}"))
            except (DrillFailed, AirflowApiError, AirflowWaitError, LookupError) as error:
                failed += 1
                rows.append((drill.page, drill.fault, f"NOT over: {error}", "-"))
            print(" | ".join(rows[-1]), flush=True)
    print("\n| runbook | fault | its commands | minutes to recover |\n|---|---|---|---|")
    for row in rows:
        print(f"| {' | '.join(cell.splitlines()[0] for cell in row)} |")
    return 1 if failed else 0


def _play(cluster: Cluster, folder: Path) -> int:
    stores = cluster.stores()
    with cluster.client() as client:
        story = Story(client, stores, lambda line: print(line, flush=True), patience=_PATIENCE)
        story.unpause()
        outcomes = [_tried(drill, cluster, story) for drill in DRILLS]
        story.late_backfill()
        story.settle()
    found, expected = picture(stores), one_process(folder / "alone")
    differing = [part for part in expected if found[part] != expected[part]]
    print("\n| fault | while | what was seen |\n|---|---|---|")
    for drill, seen in zip(DRILLS, outcomes, strict=True):
        print(f"| {drill.fault} | {drill.window} | {seen} |")
    print(f"\nstarted again: {dict(cluster.restarts)}")
    for part in expected:
        print(f"{part}: {'as in one process' if part not in differing else f'{found[part]} and not {expected[part]}'}")
    missed = [seen for seen in outcomes if seen.startswith("it did not happen")]
    return 1 if differing or missed else 0


def _tried(drill: Drill, cluster: Cluster, story: Story) -> str:
    fault = threading.Thread(target=drill.happen, args=(cluster, story.client), daemon=True)
    fault.start()
    story.train_first() if drill.window == "2013-01" else story.month(drill.window)
    fault.join()
    return f"{drill.seen}; tried again: {', '.join(_again(story)) or 'no task'}"


def _again(story: Story) -> list[str]:
    """Return the tasks of the newest runs that took more than one try."""
    found = []
    for verb in ("train", "score", "monitor"):
        for run in story.client.runs(f"{MODEL}_{verb}")[-1:]:
            tasks = story.client.task_instances(run.dag_id, run.run_id)
            found += [f"{verb}.{task.task_id} ({task.try_number})" for task in tasks if task.try_number > 1]
    return found


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
