"""Airflow's own client of its REST API, with what it lacks: logging in, pages, and waiting."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Literal, Self, TypeVar

from airflow_client.client import ApiClient, ApiException, Configuration
from airflow_client.client.api import BackfillApi, DAGApi, DagRunApi, ImportErrorApi, MonitorApi, TaskInstanceApi
from airflow_client.client.exceptions import UnauthorizedException
from airflow_client.client.models import BackfillPostBody, DAGPatchBody, TriggerDAGRunPostBody, UpdateHITLDetailPayload
from airflow_client.client.models import ReprocessBehavior as Reprocess
from urllib3.exceptions import HTTPError

from demo.records import Backfill, DagRun, TaskInstance
from demo.waiting import came_about

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Mapping
    from types import TracebackType

    from airflow_client.client.models import StructuredLogMessage

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
T = TypeVar("T")
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
        self.check = check
        self._account = {"username": username, "password": password}
        self._timeout = timeout
        self._api = ApiClient(Configuration(host=self.url, retries=0))
        self._dags, self._runs, self._tasks = DAGApi(self._api), DagRunApi(self._api), TaskInstanceApi(self._api)
        self._backfills = BackfillApi(self._api)

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
        self._api.rest_client.pool_manager.clear()

    def health(self) -> dict[str, str | None]:
        """Return the status of each part that runs (``healthy``, ``unhealthy``, or None when it never ran)."""
        answer = self._send(MonitorApi(self._api).get_health)
        parts: dict[str, Any] = {
            "metadatabase": answer.metadatabase,
            "scheduler": answer.scheduler,
            "triggerer": answer.triggerer,
        }
        parts |= {"dag_processor": answer.dag_processor} if answer.dag_processor else {}
        return {name: part.status for name, part in parts.items()}

    def dags(self) -> list[str]:
        """Return the ids of every parsed DAG, sorted."""
        return sorted(dag.dag_id for dag in self._pages(self._dags.get_dags, "dags"))

    def import_errors(self) -> dict[str, str]:
        """Return the import error of each DAG file that has one, by file name."""
        errors = self._pages(ImportErrorApi(self._api).get_import_errors, "import_errors")
        return {error.filename: error.stack_trace for error in errors}

    def wait_for_dags(self, dag_ids: Collection[str], *, timeout: float = 60.0) -> None:
        """Wait until every DAG has been parsed.

        Raises:
            AirflowWaitError: Some are missing at the deadline; names them and the import errors.
        """
        missing: set[str] = set(dag_ids)

        def parsed() -> bool:
            missing.difference_update(self.dags())
            return not missing

        if not self.wait_until(parsed, timeout):
            failures = "; ".join(f"{name}: {text.strip()}" for name, text in self.import_errors().items())
            raise AirflowWaitError(
                f"after {timeout:.0f} s these DAGs have not been parsed: {', '.join(sorted(missing))}."
                f" Import errors: {failures or 'none'}"
            )

    def unpause(self, dag_id: str) -> None:
        """Let the scheduler start runs of a DAG."""
        self._ask(self._dags.patch_dag, dag_id, DAGPatchBody(is_paused=False))

    def trigger(
        self, dag_id: str, *, partition_key: str | None = None, conf: Mapping[str, Any] | None = None
    ) -> DagRun:
        """Start a run of a DAG, for one window when ``partition_key`` is given."""
        body = TriggerDAGRunPostBody(conf=dict(conf or {}), partition_key=partition_key)
        return DagRun.of(self._ask(self._runs.trigger_dag_run, dag_id, body))

    def run(self, dag_id: str, run_id: str) -> DagRun:
        """Return one run as it stands."""
        return DagRun.of(self._ask(self._runs.get_dag_run, dag_id, run_id))

    def runs(self, dag_id: str, *, run_type: str | None = None) -> list[DagRun]:
        """Return every run of a DAG, oldest first; only of one type (``backfill``, ``manual``…) if given."""
        only = {"run_type": [run_type]} if run_type is not None else {}
        found = self._pages(self._runs.get_dag_runs, "dag_runs", dag_id=dag_id, order_by=["id"], **only)
        return [DagRun.of(item) for item in found]

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

        if not self.wait_until(finished, timeout):
            states = ", ".join(f"{task.task_id}={task.state}" for task in self.task_instances(dag_id, run_id))
            raise AirflowWaitError(f"{dag_id} run {run_id} is {seen.state} after {timeout:.0f} s: {states}")
        return seen

    def task_instances(self, dag_id: str, run_id: str) -> list[TaskInstance]:
        """Return the tasks of a run in the order they started, those not started last."""
        items = self._pages(self._tasks.get_task_instances, "task_instances", dag_id=dag_id, dag_run_id=run_id)
        tasks = [TaskInstance.of(item) for item in items]
        return sorted(tasks, key=lambda task: (task.start is None, task.start or datetime.max.replace(tzinfo=UTC)))

    def task_states(self, dag_id: str, run_id: str) -> dict[str, str | None]:
        """Return the state of each task of a run."""
        return {task.task_id: task.state for task in self.task_instances(dag_id, run_id)}

    def task_log(self, dag_id: str, run_id: str, task_id: str, *, try_number: int = 1) -> str:
        """Return the log of one try of a task, one event a line, each error followed by its type and text."""
        log = self._ask(self._tasks.get_log, dag_id, run_id, task_id, try_number, full_content=True)
        return "\n".join(line for item in log.content.actual_instance or () for line in _log_lines(item))

    def answer(
        self, dag_id: str, run_id: str, task_id: str, option: str, fields: Mapping[str, Any] | None = None
    ) -> None:
        """Answer a task that waits for a person (``awaiting_input``): an option, and every field of its form."""
        body = UpdateHITLDetailPayload(chosen_options=[option], params_input=dict(fields or {}))
        self._ask(self._tasks.update_hitl_detail, dag_id, run_id, task_id, -1, body)

    def create_backfill(
        self,
        dag_id: str,
        start: datetime,
        end: datetime,
        *,
        reverse: bool = False,
        reprocess: ReprocessBehavior = "none",
        max_active_runs: int = 1,
        timeout: float = 60.0,
    ) -> Backfill:
        """Create the runs of every window whose cron tick lies in ``[start, end]``.

        Airflow allows one open backfill a DAG, and closes one up to 30 s after its last run has finished:
        this waits for that, up to ``timeout`` seconds.
        """
        body = BackfillPostBody(
            dag_id=dag_id,
            from_date=start,
            to_date=end,
            run_backwards=reverse,
            reprocess_behavior=Reprocess(reprocess),
            max_active_runs=max_active_runs,
        )
        self.wait_until(lambda: all(one.completed_at for one in self.backfills(dag_id)), timeout)
        return Backfill.of(self._ask(self._backfills.create_backfill, body))

    def backfills(self, dag_id: str) -> list[Backfill]:
        """Return every backfill of a DAG."""
        found = self._pages(self._backfills.list_backfills, "backfills", dag_id=dag_id)
        return [Backfill.of(item) for item in found]

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

        if not self.wait_until(finished, timeout):
            open_runs = ", ".join(f"{run.partition_key}={run.state}" for run in runs if not run.finished)
            raise AirflowWaitError(f"backfill {backfill.id} of {backfill.dag_id} after {timeout:.0f} s: {open_runs}")
        return sorted(runs, key=lambda run: run.start or datetime.max.replace(tzinfo=UTC))

    def wait_until(self, happened: Callable[[], bool], timeout: float) -> bool:
        """Ask until the answer is yes or the time is over; asks at least once."""

        def looked() -> bool:
            if happened():
                return True
            self.check()
            return False

        return came_about(looked, seconds=timeout, pause=_POLL_SECONDS)

    def _login(self, **limit: float) -> None:
        """Ask for a token of the auth manager, which is no part of the REST API that the client is made of."""
        kind = {"Content-Type": "application/json"}
        answer = self._api.call_api("POST", f"{self.url}/auth/token", kind, self._account, **limit)
        text = bytes(answer.response.data).decode("utf-8", "replace")
        if answer.status >= 400:
            raise ApiException(status=answer.status, body=text)
        self._api.configuration.access_token = json.loads(text)["access_token"]

    def _ask(self, call: Callable[..., T], *arguments: Any, **more: Any) -> T:
        """Send one request; logs in first, and again after a 401."""
        if self._api.configuration.access_token is None:
            self._send(self._login)
        try:
            return self._send(call, *arguments, **more)
        except AirflowApiError as error:
            if not isinstance(error.__cause__, UnauthorizedException):
                raise
            self._send(self._login)
            return self._send(call, *arguments, **more)

    def _send(self, call: Callable[..., T], *arguments: Any, **more: Any) -> T:
        """Send one request, and name what went wrong with it."""
        try:
            return call(*arguments, **more, _request_timeout=self._timeout)
        except ApiException as error:
            raise AirflowApiError(f"{call.__name__} at {self.url}", error.status, _detail(error)) from error
        except HTTPError as error:
            raise AirflowApiError(f"{call.__name__} at {self.url}", None, str(error) or type(error).__name__) from error

    def _pages(self, call: Callable[..., Any], field: str, **more: Any) -> Iterator[Any]:
        """Yield the items of a list, page by page."""
        offset, total = 0, 1
        while offset < total:
            page = self._ask(call, limit=_PAGE, offset=offset, **more)
            items = getattr(page, field)
            yield from items
            offset, total = offset + len(items), (page.total_entries or 0) if items else 0


def _detail(error: ApiException) -> str:
    try:
        body = json.loads(error.body or "")
    except ValueError:
        return error.body or str(error.reason)
    return str(body.get("detail", body)) if isinstance(body, dict) else str(body)


def _log_lines(item: str | StructuredLogMessage) -> Iterator[str]:
    """Yield the readable lines of one log event; Airflow marks foldable groups with ``::``."""
    event = item if isinstance(item, str) else item.event
    if event.startswith("::"):
        return
    yield event
    if not isinstance(item, str):
        if reason := item.additional_properties.get("reason"):
            yield f"  {reason}"
        errors = item.additional_properties.get("error_detail") or ()
        yield from (f"  {error['exc_type']}: {error['exc_value']}" for error in errors)
