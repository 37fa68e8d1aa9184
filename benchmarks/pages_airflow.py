"""What the front page takes within a real Airflow that has 1,000 models, for one reader and for 50 at once.

Run: `python -m benchmarks.pages_airflow [--models N] [--readers N] [--pause S] [--seconds S]`. Airflow's tables have
five DAGs a model, their tags, and 30 runs a model, of which some failed; the registry has each model's history.
Airflow's API server answers from its tables; nothing else of Airflow runs. First one reader asks for page after page,
then the readers do, each reading for a while (`--pause` seconds on average, exponential). An event a second changes a
model meanwhile. Printed is the server's own time too: on a machine that others use, it says what a page costs.
The bar: no error, and 200 ms at the 95th percentile for one reader.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import tempfile
import threading
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import sqlalchemy as sa
from airflow.models.dag import DagModel, DagTag
from airflow.models.dagbundle import DagBundleModel
from airflow.models.dagrun import DagRun

from benchmarks.pages_load import Readers
from benchmarks.pages_speed import fill
from demo.configuration import write_home
from demo.local_airflow import LocalAirflow
from windvane.results import Run
from windvane.stores import Stores, open_stores
from windvane.stores.sql.guards import put_up, take_down

ROOT = Path(__file__).resolve().parent.parent
VERBS = ("train", "score", "monitor", "rollback", "act")
BAR_MS, VISITS, RUNS = 200.0, 60, 10
PAGES = ("/", "/?models.sort=-loss", "/?group=owner", "/?models.model=model_1", "/?models.health=bad", "/health")


def main(arguments: list[str] | None = None) -> int:
    """Measure, print, and judge."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--models", type=int, default=1000)
    parser.add_argument("--readers", type=int, default=50)
    parser.add_argument("--pause", type=float, default=5.0)
    parser.add_argument("--seconds", type=float, default=60.0)
    given = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as name:
        home = Path(name)
        stores = open_stores(f"sqlite:///{home}/registry.db", f"{home}/artifacts")
        with stores.registry.database.writing() as connection:  # type: ignore[attr-defined]  # rows are written as they end
            take_down(connection)
            evaluation = stores.artifacts.put(b"{}")
            for number in range(given.models):
                fill(connection, f"model_{number:03}", number, 0.3, evaluation)
            put_up(connection)
        own = {"WINDVANE_REGISTRY": f"sqlite:///{home}/registry.db", "WINDVANE_ARTIFACTS": f"{home}/artifacts"}
        (home / "dags").mkdir()
        airflow = _Answering(
            home / "airflow", dags=home / "dags", plugins=ROOT / "plugins", python_path=[ROOT / "include"], env=own
        )
        airflow.models = given.models
        with airflow:
            return _measured(airflow, stores, given)


class _Answering(LocalAirflow):
    """An Airflow of which the API server alone runs, with tables that are full."""

    models = 0

    def worked(self) -> float:
        """Return the seconds of processor time that the server took until now."""
        return sum(sum(one.cpu_times()[:2]) for session in self._sessions for one in session.members())

    def _start(self) -> None:
        write_home(self.home, dags=self._dags, plugins=self._plugins, ports=self._ports, parallelism=1, settings={})
        self._migrate()
        _seed(f"sqlite:///{self.home}/airflow.db", self.models)
        self._start_part("api-server")
        until = time.monotonic() + self._deadline
        while time.monotonic() < until:
            self.check()
            try:
                if httpx.get(f"{self.url}/api/v2/version", trust_env=False).status_code == httpx.codes.OK:
                    return
            except httpx.HTTPError:
                time.sleep(0.5)
        raise TimeoutError("the API server does not answer")


def _seed(url: str, models: int) -> None:
    """Fill Airflow's tables of DAGs, tags and runs."""
    now = datetime.now(UTC)
    dags, tags, runs = list[dict[str, Any]](), list[dict[str, Any]](), list[dict[str, Any]]()
    common: dict[str, Any] = {"is_paused": False, "is_stale": False, "has_import_errors": False, "bundle_name": "made"}
    common |= {"max_active_tasks": 1, "max_consecutive_failed_dag_runs": 0, "timetable_type": "", "fail_fast": False}
    common |= {"has_task_concurrency_limits": False, "exceeds_max_non_backfill": False, "timetable_partitioned": False}
    common |= {"next_dagrun_create_after": now + timedelta(days=1), "owners": "airflow"}
    told = {"run_type": "manual", "run_after": now, "queued_at": now, "clear_number": 0, "updated_at": now}
    told |= {"created_at": now, "log_template_id": None, "end_date": now}
    for number in range(models):
        name = f"model_{number:03}"
        for verb in VERBS:
            dag_id = f"{name}_{verb}"
            dags.append({"dag_id": dag_id, **common, "is_paused": number % 50 == 7 and verb == "monitor"})
            tags += [{"dag_id": dag_id, "name": tag} for tag in ("windvane", name, verb, f"tag {number % 5}")]
            if verb in VERBS[:3]:
                runs += [
                    {"dag_id": dag_id, "run_id": f"run {one}", "partition_key": f"2020-01-{one + 1:02}", **told}
                    | {"state": "failed" if one == RUNS - 1 and number % 40 == 3 else "success"}
                    for one in range(RUNS)
                ]
    engine = sa.create_engine(url)
    with engine.begin() as connection:
        connection.execute(sa.insert(DagBundleModel.__table__).values(name="made", active=True))
        for table, rows in ((DagModel, dags), (DagTag, tags), (DagRun, runs)):
            connection.execute(sa.insert(table.__table__), rows)
    engine.dispose()


def _measured(airflow: _Answering, stores: Stores, given: argparse.Namespace) -> int:
    token = httpx.post(
        f"{airflow.url}/auth/token",
        json={"username": "viewer", "password": airflow.password("viewer")},
        trust_env=False,
    ).json()["access_token"]
    over = threading.Event()
    changing = threading.Thread(target=_change, args=(stores, given.models, over))
    changing.start()
    fits = True
    try:
        with httpx.Client(base_url=airflow.url, cookies={"_token": token}, trust_env=False, timeout=60) as client:
            begun = time.perf_counter()
            client.get("/windvane/").raise_for_status()
            print(
                f"{given.models:,} models; the first visit after a start: {1000 * (time.perf_counter() - begun):.0f} ms"
            )
            for path in PAGES:
                before = airflow.worked()
                times = [_asked(client, path) for _ in range(VISITS)]
                fits &= _judged(f"one reader, {path}", times, airflow.worked() - before)
        before = airflow.worked()
        readers = Readers(airflow.url, token, given.readers, given.pause, PAGES)
        time.sleep(given.seconds)
        readers.stop()
        _judged(f"{given.readers} readers", readers.times, airflow.worked() - before)
        fits &= not readers.errors
        print(f"{len(readers.errors)} errors", *readers.errors[:3], sep="\n")
    finally:
        over.set()
        changing.join()
    return 0 if fits else 1


def _asked(client: httpx.Client, path: str) -> float:
    begun = time.perf_counter()
    client.get(f"/windvane{path}").raise_for_status()
    return time.perf_counter() - begun


def _judged(what: str, times: list[float], worked: float) -> bool:
    median, slow = 1000 * statistics.median(times), 1000 * statistics.quantiles(times, n=20)[-1]
    fits = slow < BAR_MS
    took = f"median {median:6.1f} ms, p95 {slow:6.1f} ms, {1000 * worked / len(times):5.1f} ms of processor each"
    print(f"{what:36} {len(times):4} pages, {took}  {'met' if fits else 'MISSED'}")
    return fits


def _change(stores: Stores, models: int, over: threading.Event) -> None:
    """Change a model a second, so that something is to be read anew."""
    number = 0
    while not over.wait(1.0):
        name = f"model_{number % models:03}"
        run = Run(actor="os:1/somebody", as_of=datetime.now(UTC))
        (stores.registry.people.pause if number < models else stores.registry.people.resume)(name, run, "a benchmark")
        number += 1


if __name__ == "__main__":
    sys.exit(main())
