"""Fifty people read the pages while runs write: does anybody see an error, and do Airflow's tasks follow more slowly?

Run: `python -m benchmarks.pages_load [--readers N] [--pause S] [--seconds S]`. In one real Airflow a model's months are
scored over and over, in spans with and without readers by turns (the first span warms up and does not count). A hop is
the time from a task's end to the start of the one after it. Each reader asks for a page, reads for a while (`--pause`
seconds on average, exponential), and asks for another. The bar: no error, and a median hop of at most 1.10 times.
"""

from __future__ import annotations

import argparse
import random
import statistics
import sys
import tempfile
import threading
import time
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path

import httpx

from demo.client import AirflowClient
from demo.local_airflow import LocalAirflow

ROOT = Path(__file__).resolve().parent.parent
PROJECT = ROOT / "tests" / "e2e" / "project"
MODEL = "rides_forward"
PAGES = (
    *("/", "/approvals", "/audit-log", f"/models/{MODEL}", f"/models/{MODEL}/audit-log", f"/models/{MODEL}/compare"),
    *(f"/models/{MODEL}/windows/2020-03", f"/models/{MODEL}/versions/1"),
)
BAR = 1.10


def main(arguments: list[str] | None = None) -> int:
    """Measure, print, and judge."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--readers", type=int, default=50)
    parser.add_argument("--pause", type=float, default=5.0)
    parser.add_argument("--seconds", type=float, default=60.0)
    given = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as name:
        airflow = LocalAirflow(
            Path(name) / "airflow",
            dags=PROJECT / "dags",
            plugins=ROOT / "plugins",
            python_path=[ROOT / "include", PROJECT / "include"],
            env={"WINDVANE_HOME": f"{name}/windvane"},
        )
        with airflow, airflow.client() as client:
            return _measured(airflow, client, given)


def _measured(airflow: LocalAirflow, client: AirflowClient, given: argparse.Namespace) -> int:
    dags = [f"{MODEL}_{verb}" for verb in ("train", "score", "monitor")]
    client.wait_for_dags(dags, timeout=120)
    for dag in dags:
        client.unpause(dag)
    for verb, window in (("train", "2020-01"), ("score", "2020-03"), ("monitor", "2020-03")):
        run = client.trigger(f"{MODEL}_{verb}", partition_key=window)
        assert client.wait_for_run(run.dag_id, run.run_id).state == "success"
    token = httpx.post(
        f"{airflow.url}/auth/token",
        json={"username": "viewer", "password": airflow.password("viewer")},
        trust_env=False,
    ).json()["access_token"]
    hops: dict[bool, list[float]] = {False: [], True: []}
    times: list[float] = []
    errors: list[str] = []
    for span, read in enumerate((False, False, True, False, True)):
        readers = Readers(airflow.url, token, given.readers if read else 0, given.pause)
        found = _hops(client, given.seconds / 2)
        readers.stop()
        times += readers.times
        errors += readers.errors
        if span:
            hops[read] += found
    alone, beside = (statistics.median(hops[read]) for read in (False, True))
    p95 = statistics.quantiles(times, n=20)[-1] if len(times) > 1 else 0.0
    print(f"{len(times):,} pages for {given.readers} readers, 95 % within {1000 * p95:.0f} ms; {len(errors)} errors")
    print(f"hops: {len(hops[False])} alone, median {alone:.3f} s; {len(hops[True])} beside readers, {beside:.3f} s")
    met = not errors and beside <= BAR * alone
    print(f"ratio {beside / alone:.3f} of {BAR:.2f}: {'met' if met else 'NOT met'}", *errors[:3], sep="\n")
    return 0 if met else 1


def _hops(client: AirflowClient, seconds: float) -> list[float]:
    """Score a month over and over; return how long after each task the next one began."""
    until, found = time.monotonic() + seconds, list[float]()
    while time.monotonic() < until:
        run = client.trigger(f"{MODEL}_score", partition_key="2020-03")
        assert client.wait_for_run(run.dag_id, run.run_id).state == "success"
        tasks = client.task_instances(run.dag_id, run.run_id)
        ran = sorted((task.start, task.end) for task in tasks if task.start and task.end)
        found += [(started - ended).total_seconds() for (_, ended), (started, _) in pairwise(ran)]
    return [hop for hop in found if hop >= 0]


class Readers:
    """People who read pages until they are stopped."""

    def __init__(self, url: str, token: str, count: int, pause: float, pages: Sequence[str] = PAGES) -> None:
        self.times: list[float] = []
        self.errors: list[str] = []
        self._over = threading.Event()
        self._url, self._token, self._pause, self._pages = url, token, pause, pages
        self._threads = [threading.Thread(target=self._read, args=(number,)) for number in range(count)]
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """Let them finish the page they read."""
        self._over.set()
        for thread in self._threads:
            thread.join()

    def _read(self, number: int) -> None:
        chance = random.Random(number)  # noqa: S311 (which page is read is no secret)
        with httpx.Client(base_url=self._url, cookies={"_token": self._token}, trust_env=False, timeout=60) as client:
            while not self._over.wait(chance.expovariate(1 / self._pause)):
                path = chance.choice(self._pages)
                begun = time.monotonic()
                try:
                    answer = client.get(f"/windvane{path}")
                    if answer.status_code != httpx.codes.OK:
                        self.errors.append(f"{path}: {answer.status_code}")
                except httpx.HTTPError as error:
                    self.errors.append(f"{path}: {type(error).__name__}: {error}")
                self.times.append(time.monotonic() - begun)


if __name__ == "__main__":
    sys.exit(main())
