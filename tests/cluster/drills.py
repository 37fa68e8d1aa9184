"""What fails in the cluster while a year is played, and how it comes back."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field

from demo.client import AirflowClient
from demo.records import TaskInstance
from demo.story import MODEL
from tests.cluster.cluster import Cluster

_BEGUN = 120.0


@dataclass
class Drill:
    """One fault.

    Args:
        fault: What fails, in words.
        window: The month during whose runs it fails.
        breaks: Breaks it; returns what was seen.
    """

    fault: str
    window: str
    breaks: Callable[[Cluster, AirflowClient], str] = lambda *_: "nothing fails"
    seen: str = field(default="it did not happen")

    def happen(self, cluster: Cluster, client: AirflowClient) -> None:
        """Break it, and keep what was seen."""
        try:
            self.seen = self.breaks(cluster, client)
        except LookupError as error:
            self.seen = f"it did not happen: {error}"


def running(client: AirflowClient, dag: str, task: str) -> TaskInstance:
    """Wait until a task of the newest run of a DAG runs, and return it.

    Raises:
        LookupError: It does not run in time.
    """
    found = list[TaskInstance]()

    def runs() -> bool:
        newest = client.runs(dag)[-1:]
        tasks = [one for run in newest for one in client.task_instances(dag, run.run_id)]
        found[:] = [one for one in tasks if one.task_id.split(".")[-1] == task and one.state == "running" and one.pid]
        return bool(found)

    if not client.wait_until(runs, _BEGUN):
        raise LookupError(f"{dag}: {task} did not run within {_BEGUN:.0f} s")
    return found[0]


def _worker(cluster: Cluster, client: AirflowClient) -> str:
    task = running(client, f"{MODEL}_train", "train")
    name = cluster.part_of(task.pid or 0)
    return f"{name} and its tasks, {cluster.kill(name)} processes, killed while `train` ran"


def _scheduler(cluster: Cluster, client: AirflowClient) -> str:
    running(client, f"{MODEL}_score", "score")
    return f"scheduler-1, {cluster.kill('scheduler-1')} processes, killed in the middle of `score`"


def _away(
    task: str, seconds: float, stop: Callable[[Cluster], None], start: Callable[[Cluster], None]
) -> Callable[[Cluster, AirflowClient], str]:
    """Return what takes a server away for a while, in the middle of a task of scoring."""

    def breaks(cluster: Cluster, client: AirflowClient) -> str:
        running(client, f"{MODEL}_score", task)
        stop(cluster)
        time.sleep(seconds)
        start(cluster)
        return f"away for {seconds:.0f} s, in the middle of `{task}`"

    return breaks


_postgres = _away("score", 20, lambda one: one.postgres.stop("immediate"), lambda one: one.postgres.start())
_redis = _away("score", 10, lambda one: one.redis.kill(), lambda one: one.redis.start())
_s3 = _away("snapshot", 90, lambda one: one.s3.stop(), lambda one: one.s3.start())

DRILLS = (
    Drill("a worker and all its tasks are killed", "2013-01", _worker),
    Drill("nothing", "2013-02"),
    Drill("a scheduler is killed", "2013-03", _scheduler),
    Drill("nothing", "2013-04"),
    Drill("PostgreSQL is restarted", "2013-05", _postgres),
    Drill("nothing", "2013-06"),
    Drill("Redis is killed", "2013-07", _redis),
    Drill("nothing", "2013-08"),
    Drill("S3 is away", "2013-09", _s3),
    *(Drill("nothing", f"2013-{month}") for month in (10, 11, 12)),
)
