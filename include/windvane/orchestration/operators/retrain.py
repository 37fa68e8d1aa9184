"""The relay of the outbox: start the training run of each open request, exactly once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from airflow.sdk.exceptions import AirflowException

from windvane.lifecycle.escaping import escaped
from windvane.orchestration.base import WindvaneOperator, Work
from windvane.orchestration.links import PAGES, RetrainLink

if TYPE_CHECKING:
    from windvane.results import RetrainRequest

_NOTE_LENGTH = 900  # Airflow keeps 1,000 characters


class RetrainOperator(WindvaneOperator):
    """Start the training run of every open retrain request of the model. XCom: `runs` (their ids).

    A run's id follows from its request, so another try finds the run that the first one started, and goes on: the
    retrain happens once, wherever this task is killed. It does not wait for the run.

    Args:
        train_dag_id: The DAG to start; `<model>_train` when None.
        kwargs: See `WindvaneOperator`.
    """

    ui_color = "#fef3c7"
    operator_extra_links = (*PAGES, RetrainLink())

    def __init__(self, *, train_dag_id: str | None = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.train_dag_id = train_dag_id

    def step(self, work: Work) -> dict[str, Any]:
        """Start each run, then mark its request."""
        from windvane import steps

        dag_id = self.train_dag_id or f"{work.declared.name}_train"
        started = steps.pending(work.model, work.stores)
        for request in started:
            start_run(dag_id, request)
            steps.started(work.model, request.request, work.stores, work.run)
            self.log.info("Started %s %s: %s", dag_id, request.run_id, request.reason)
        if started and work.context["ti"].get_dag(dag_id).is_paused:
            self.log.warning("%s is paused: its runs wait until it is unpaused", dag_id)
        for request in work.stores.registry.monitoring.requests(work.model.name):
            if request.window == work.window.key:
                self.linked_run = f"{dag_id}/{request.run_id}"
        return {"runs": [request.run_id for request in started]}


def start_run(dag_id: str, request: RetrainRequest) -> None:
    """Start one run through the task's supervisor; a run that is there already is what was wanted.

    Raises:
        AirflowException: Airflow did not start it.
    """
    from windvane.orchestration.compat import (
        SUPERVISOR_COMMS,
        AirflowRuntimeError,
        ErrorResponse,
        ErrorType,
        TriggerDagRun,
    )

    conf = {"window": request.window, "reason": request.reason[:_NOTE_LENGTH]}
    note = escaped(f"The monitor asked to retrain on {request.window}: {request.reason}")[:_NOTE_LENGTH]
    message = TriggerDagRun(dag_id=dag_id, run_id=request.run_id, conf=conf, note=note)
    try:
        reply = SUPERVISOR_COMMS.send(message)
    except AirflowRuntimeError as error:
        raise AirflowException(f"{dag_id} {request.run_id} was not started: {error}") from None
    if isinstance(reply, ErrorResponse) and reply.error != ErrorType.DAGRUN_ALREADY_EXISTS:
        raise AirflowException(f"{dag_id} {request.run_id} was not started: {reply.error}: {reply.detail}")
