"""The relay of the outbox: start the training run of each open request, exactly once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from airflow.sdk.exceptions import AirflowException

from windvane import steps
from windvane.orchestration.base import WindvaneOperator, Work
from windvane.orchestration.links import RUN_KEY, RetrainLink

if TYPE_CHECKING:
    from windvane.results import RetrainRequest

_NOTE_LENGTH = 900


class RetrainOperator(WindvaneOperator):
    """Start `<model>_train` for every open retrain request of the model. Hands on `{runs}`.

    The run's id follows from the request, so a second try finds the run that the first one started and goes on: the
    retrain happens once, wherever this task is killed.
    """

    ui_color = "#fef3c7"
    operator_extra_links = (RetrainLink(),)

    def step(self, work: Work) -> dict[str, Any]:
        """Start each run, then mark its request."""
        dag_id, runs = f"{work.model.name}_train", []
        for request in steps.pending(work.model, work.stores):
            _start(dag_id, request)
            steps.started(work.model, request.request, work.stores, work.run)
            self.log.info("%s run %s: %s", dag_id, request.run_id, request.reason)
            work.context["ti"].xcom_push(key=RUN_KEY, value={"dag_id": dag_id, "run_id": request.run_id})
            runs.append(request.run_id)
        return {"runs": runs}


def _start(dag_id: str, request: RetrainRequest) -> None:
    """Start one run through the task's supervisor; a run that exists already is what was wanted."""
    from airflow.sdk.exceptions import ErrorType
    from airflow.sdk.execution_time.comms import ErrorResponse, TriggerDagRun
    from airflow.sdk.execution_time.task_runner import SUPERVISOR_COMMS

    conf = {"window": request.window, "reason": request.reason}
    note = f"retrain on {request.window}: {request.reason}"[:_NOTE_LENGTH]
    message = TriggerDagRun(dag_id=dag_id, run_id=request.run_id, conf=conf, note=note)
    reply = SUPERVISOR_COMMS.send(message)
    if isinstance(reply, ErrorResponse) and reply.error != ErrorType.DAGRUN_ALREADY_EXISTS:
        raise AirflowException(f"{dag_id} run {request.run_id} was not started: {reply.error}: {reply.detail}")
