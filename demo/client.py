"""A small typed client of Airflow's public REST API, for the demo and the end-to-end tests."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Literal, Self, cast
from urllib.parse import quote

import httpx

from demo.records import Backfill, DagRun, JsonObject, TaskInstance

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Mapping
    from types import TracebackType

__all__ = [
    "AirflowApiError",
    "AirflowClient",
    "AirflowWaitError",
    "Backfill",
    "DagRun",
    "ReprocessBehavior",
    "TaskInstance",
]

ReprocessBehavior = Literal["none", "failed", "completed"]
_PAGE = 100
_POLL_SECONDS = 0.25


class AirflowApiError(RuntimeError):
    """Airflow refused a request, or could not be reached.

    Attributes:
        status: The HTTP status, or None when no answer came.
        detail: What Airflow said.
    """

    def __init__(self, request: str, status: int | None, detail: str) -> None:
        """Name the request and what Airflow answered."""
        answer = "gave no answer" if status is None else f"answered {status}"
        super().__init__(f"{request}: Airflow {answer}: {detail}")
        self.status = status
        self.detail = detail


class AirflowWaitError(TimeoutError):
    """Something awaited did not happen before its deadline; the message says what was seen last."""


class AirflowClient:
    """Speaks to one Airflow as one user; logs in by itself, and again when its token has expired.

    Args:
        url: The API server, such as ``http://127.0.0.1:8080``.
        username: A user of the simple auth manager.
        password: Their password.
        timeout: Seconds that one request may take.
        check: Called while waiting; raises when waiting on is pointless, for one because a process died.
    """

    def __init__(
        self,
        url: str,
        username: str,
        password: str,
        *,
        timeout: float = 30.0,
        check: Callable[[], None] = lambda: None,
    ) -> None:
        """Open no connection yet; the first request logs in."""
        self.url = url.rstrip("/")
        self.username = username
        self.check = check
        self._password = password
        self._http = httpx.Client(base_url=self.url, timeout=timeout, trust_env=False)
        self._logged_in = False

    def __enter__(self) -> Self:
        """Return the client itself."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close the connections."""
        self.close()

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def health(self) -> dict[str, str | None]:
        """Return each component's status (``healthy``, ``unhealthy``, or None when it never ran)."""
        answer = self._request("GET", "/api/v2/monitor/health", login=False)
        return {name: part.get("status") for name, part in answer.items() if isinstance(part, dict)}

    def dags(self) -> list[str]:
        """Return the ids of every parsed DAG, sorted."""
        return sorted(dag["dag_id"] for dag in self._pages("/api/v2/dags", "dags"))

    def import_errors(self) -> dict[str, str]:
        """Return the import error of each DAG file that has one, by file name."""
        errors = self._pages("/api/v2/importErrors", "import_errors")
        return {error["filename"]: error["stack_trace"] for error in errors}

    def wait_for_dags(self, dag_ids: Collection[str], *, timeout: float = 60.0) -> None:
        """Wait until every DAG has been parsed.

        Raises:
            AirflowWaitError: Some are missing at the deadline; names them and the import errors.
        """
        missing: set[str] = set(dag_ids)

        def parsed() -> bool:
            missing.difference_update(self.dags())
            return not missing

        if not self._poll(parsed, timeout):
            failures = "; ".join(f"{name}: {text.strip()}" for name, text in self.import_errors().items())
            raise AirflowWaitError(
                f"after {timeout:.0f} s these DAGs have not been parsed: {', '.join(sorted(missing))}."
                f" Import errors: {failures or 'none'}"
            )

    def unpause(self, dag_id: str) -> None:
        """Let the scheduler start runs of a DAG."""
        self._request("PATCH", f"/api/v2/dags/{_path(dag_id)}", json={"is_paused": False})

    def trigger(
        self,
        dag_id: str,
        *,
        partition_key: str | None = None,
        conf: Mapping[str, Any] | None = None,
        run_id: str | None = None,
        note: str | None = None,
    ) -> DagRun:
        """Start a run of a DAG, for one window when ``partition_key`` is given."""
        body: JsonObject = {"logical_date": None, "conf": dict(conf or {}), "note": note}
        body |= {"partition_key": partition_key} if partition_key is not None else {}
        body |= {"dag_run_id": run_id} if run_id is not None else {}
        return DagRun.from_json(self._request("POST", f"/api/v2/dags/{_path(dag_id)}/dagRuns", json=body))

    def run(self, dag_id: str, run_id: str) -> DagRun:
        """Return one run as it stands."""
        return DagRun.from_json(self._request("GET", _run_path(dag_id, run_id)))

    def runs(self, dag_id: str, *, run_type: str | None = None) -> list[DagRun]:
        """Return every run of a DAG, oldest first; only of one type (``backfill``, ``manual``…) if given."""
        params = {"order_by": "id"} | ({"run_type": run_type} if run_type is not None else {})
        return [
            DagRun.from_json(item) for item in self._pages(f"/api/v2/dags/{_path(dag_id)}/dagRuns", "dag_runs", params)
        ]

    def wait_for_run(self, dag_id: str, run_id: str, *, timeout: float = 300.0) -> DagRun:
        """Wait until a run has finished, well or badly, and return it.

        Raises:
            AirflowWaitError: It has not finished at the deadline; names each task's state.
        """
        seen = self.run(dag_id, run_id)

        def finished() -> bool:
            nonlocal seen
            seen = self.run(dag_id, run_id)
            return seen.finished

        if not self._poll(finished, timeout):
            states = ", ".join(f"{task.task_id}={task.state}" for task in self.task_instances(dag_id, run_id))
            raise AirflowWaitError(f"{dag_id} run {run_id} is {seen.state} after {timeout:.0f} s: {states}")
        return seen

    def set_note(self, dag_id: str, run_id: str, note: str) -> None:
        """Write the note that the UI shows on a run (at most 1,000 characters)."""
        self._request("PATCH", _run_path(dag_id, run_id), json={"note": note})

    def task_instances(self, dag_id: str, run_id: str) -> list[TaskInstance]:
        """Return the tasks of a run in the order they started, those not started last."""
        items = self._pages(f"{_run_path(dag_id, run_id)}/taskInstances", "task_instances")
        tasks = [TaskInstance.from_json(item) for item in items]
        return sorted(tasks, key=lambda task: (task.start is None, task.start or datetime.max.replace(tzinfo=UTC)))

    def task_states(self, dag_id: str, run_id: str) -> dict[str, str | None]:
        """Return the state of each task of a run."""
        return {task.task_id: task.state for task in self.task_instances(dag_id, run_id)}

    def xcom(self, dag_id: str, run_id: str, task_id: str, key: str = "return_value") -> object:
        """Return what a task handed on under a key, as JSON gave it."""
        path = f"{_run_path(dag_id, run_id)}/taskInstances/{_path(task_id)}/xcomEntries/{_path(key)}"
        return self._request("GET", path)["value"]

    def task_log(self, dag_id: str, run_id: str, task_id: str, *, try_number: int = 1) -> str:
        """Return the log of one try of a task, one event a line, each error followed by its type and text."""
        path = f"{_run_path(dag_id, run_id)}/taskInstances/{_path(task_id)}/logs/{try_number}"
        content = self._request("GET", path, params={"full_content": True})["content"]
        return "\n".join(line for item in content for line in _log_lines(item))

    def answer(
        self, dag_id: str, run_id: str, task_id: str, option: str, fields: Mapping[str, Any] | None = None
    ) -> None:
        """Answer a task that waits for a person (``awaiting_input``): an option, and every field of its form."""
        path = f"{_run_path(dag_id, run_id)}/taskInstances/{_path(task_id)}/-1/hitlDetails"
        body: JsonObject = {"chosen_options": [option], "params_input": dict(fields or {})}
        self._request("PATCH", path, json=body)

    def create_backfill(
        self,
        dag_id: str,
        start: datetime,
        end: datetime,
        *,
        reverse: bool = False,
        reprocess: ReprocessBehavior = "none",
        max_active_runs: int = 1,
        conf: Mapping[str, Any] | None = None,
        timeout: float = 60.0,
    ) -> Backfill:
        """Create the runs of every window whose cron tick lies in ``[start, end]``.

        Airflow allows one open backfill a DAG, and closes one up to 30 s after its last run has finished:
        this waits for that, up to ``timeout`` seconds.
        """
        body: JsonObject = {
            "dag_id": dag_id,
            "from_date": start.isoformat(),
            "to_date": end.isoformat(),
            "run_backwards": reverse,
            "reprocess_behavior": reprocess,
            "max_active_runs": max_active_runs,
            "dag_run_conf": dict(conf or {}),
        }
        self._poll(lambda: all(one.completed_at for one in self.backfills(dag_id)), timeout)
        return Backfill.from_json(self._request("POST", "/api/v2/backfills", json=body))

    def backfills(self, dag_id: str) -> list[Backfill]:
        """Return every backfill of a DAG."""
        return [Backfill.from_json(item) for item in self._pages("/api/v2/backfills", "backfills", {"dag_id": dag_id})]

    def backfill_runs(self, backfill: Backfill) -> list[DagRun]:
        """Return the runs that a backfill created (Airflow creates all of them before it answers)."""
        runs = self.runs(backfill.dag_id, run_type="backfill")
        later = [one.created_at for one in self.backfills(backfill.dag_id) if one.id > backfill.id]
        until = min(later, default=datetime.max.replace(tzinfo=UTC))
        return [run for run in runs if run.queued_at and backfill.created_at <= run.queued_at < until]

    def wait_for_backfill(self, backfill: Backfill, *, timeout: float = 600.0) -> list[DagRun]:
        """Wait until every run of a backfill has finished, and return them in the order they ran.

        Raises:
            AirflowWaitError: Some are open at the deadline; names them.
        """
        runs = self.backfill_runs(backfill)

        def finished() -> bool:
            nonlocal runs
            runs = self.backfill_runs(backfill)
            return all(run.finished for run in runs)

        if not self._poll(finished, timeout):
            open_runs = ", ".join(f"{run.partition_key}={run.state}" for run in runs if not run.finished)
            raise AirflowWaitError(f"backfill {backfill.id} of {backfill.dag_id} after {timeout:.0f} s: {open_runs}")
        return sorted(runs, key=lambda run: run.start or datetime.max.replace(tzinfo=UTC))

    def _poll(self, happened: Callable[[], bool], timeout: float) -> bool:
        """Ask until the answer is yes or the time is over; asks at least once."""
        deadline = time.monotonic() + timeout
        while not happened():
            self.check()
            if time.monotonic() >= deadline:
                return False
            time.sleep(_POLL_SECONDS)
        return True

    def _login(self) -> None:
        body = {"username": self.username, "password": self._password}
        token = self._request("POST", "/auth/token", json=body, login=False)["access_token"]
        self._http.headers["Authorization"] = f"Bearer {token}"
        self._logged_in = True

    def _request(
        self,
        method: str,
        path: str,
        *,
        params: Mapping[str, Any] | None = None,
        json: JsonObject | None = None,
        login: bool = True,
    ) -> JsonObject:
        """Send one request and return the object it answers with; logs in first, and again after a 401."""
        if login and not self._logged_in:
            self._login()
        answer = self._send(method, path, params, json)
        if answer.status_code == httpx.codes.UNAUTHORIZED and login:
            self._login()
            answer = self._send(method, path, params, json)
        if answer.is_error:
            raise AirflowApiError(f"{method} {self.url}{path}", answer.status_code, _detail(answer))
        return cast("JsonObject", answer.json()) if answer.content else {}

    def _send(
        self, method: str, path: str, params: Mapping[str, Any] | None, json: JsonObject | None
    ) -> httpx.Response:
        headers = {"Accept": "application/json"}
        try:
            return self._http.request(method, path, params=params, json=json, headers=headers)
        except httpx.HTTPError as exc:
            raise AirflowApiError(f"{method} {self.url}{path}", None, str(exc) or type(exc).__name__) from exc

    def _pages(self, path: str, field: str, params: Mapping[str, Any] | None = None) -> Iterator[JsonObject]:
        """Yield the items of a list, page by page."""
        offset = 0
        while True:
            page = self._request("GET", path, params={**(params or {}), "limit": _PAGE, "offset": offset})
            yield from page[field]
            offset += len(page[field])
            if not page[field] or offset >= page["total_entries"]:
                return


def _detail(answer: httpx.Response) -> str:
    try:
        body = answer.json()
    except ValueError:
        return answer.text
    return str(body.get("detail", body)) if isinstance(body, dict) else str(body)


def _path(part: str) -> str:
    return quote(part, safe="")


def _run_path(dag_id: str, run_id: str) -> str:
    return f"/api/v2/dags/{_path(dag_id)}/dagRuns/{_path(run_id)}"


def _log_lines(item: str | JsonObject) -> Iterator[str]:
    """Yield the readable lines of one log event; Airflow marks foldable groups with ``::``."""
    event = item if isinstance(item, str) else str(item.get("event", ""))
    if event.startswith("::"):
        return
    yield event
    if not isinstance(item, str):
        if reason := item.get("reason"):
            yield f"  {reason}"
        yield from (f"  {error['exc_type']}: {error['exc_value']}" for error in item.get("error_detail") or ())
