"""A person's word on a version: the run parks until somebody answers, or the deadline rejects it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from airflow.providers.standard.operators.hitl import ApprovalOperator
from airflow.sdk import Param

from windvane import steps
from windvane.orchestration.base import named_failures
from windvane.orchestration.connections import ARTIFACTS, REGISTRY, stores_of
from windvane.orchestration.context import run_of
from windvane.spec import Model
from windvane.windows import parse_duration

if TYPE_CHECKING:
    from airflow.sdk import Context


class ApproveOperator(ApprovalOperator):
    """Ask a person whether a version that passed the gate may become champion.

    Shown under Required actions with the gate's reasons. The answer (who, when, in what words) is left as the XCom
    `answer`; a rejection, or no answer within the spec's `approval_within`, rejects the version and skips what follows.

    Args:
        model: The spec.
        version: The version's number.
        reasons: The gate's reasons, shown to the approver.
        registry_conn_id: Connection of the registry.
        artifacts_conn_id: Connection of the artifacts.
        kwargs: What Airflow's `ApprovalOperator` takes.
    """

    template_fields: Sequence[str] = (*ApprovalOperator.template_fields, "version")

    def __init__(
        self,
        *,
        model: Model,
        version: int | str,
        reasons: str,
        registry_conn_id: str = REGISTRY,
        artifacts_conn_id: str = ARTIFACTS,
        **kwargs: Any,
    ) -> None:
        kwargs["params"] = {"reason": Param("", type="string", title="Reason", description="kept in the trail")}
        super().__init__(
            subject=f"{model.name}: may version {version} become champion?",
            body=f"The gate says:\n\n{reasons}\n\n`windvane show {model.name} {version}` tells everything.",
            defaults="Reject",
            response_timeout=parse_duration(model.gate.approval_within),
            **kwargs,
        )
        self.model = model
        self.version = version
        self.registry_conn_id = registry_conn_id
        self.artifacts_conn_id = artifacts_conn_id

    def execute_complete(self, context: Context, event: dict[str, Any]) -> Any:
        """Keep the answer; a rejection is written to the registry before what follows is skipped."""
        if "error" not in event:
            user = (event.get("responded_by_user") or {}).get("name")
            answer = {
                "approved": self.APPROVE in event["chosen_options"],
                "actor": f"airflow:{user}" if user else "schedule",
                "reason": str((event.get("params_input") or {}).get("reason") or "") or self._default_reason(user),
                "at": event["responded_at"].isoformat(),
            }
            context["ti"].xcom_push(key="answer", value=answer)
            if not answer["approved"]:
                with named_failures(self.log, context):
                    run = run_of(context).model_copy(update={"actor": answer["actor"], "reason": answer["reason"]})
                    stores = stores_of(self.registry_conn_id, self.artifacts_conn_id)
                    steps.reject(self.model, int(self.version), stores, run, answer["reason"])
        return super().execute_complete(context, event)

    def _default_reason(self, user: str | None) -> str:
        return f"answered by {user} without a reason" if user else f"no answer within {self.model.gate.approval_within}"
