"""The one place for private Airflow: which versions were tested, and every name outside Airflow's public interface.

Everything else in this package imports `airflow.sdk` and what Airflow documents as public; a test holds that. A name
of `PRIVATE` is imported from here, and Airflow's module is loaded only when it is asked for. Importing this module on
an Airflow that was not tested raises `UntestedAirflow`, before anything that such a version may lack is looked up.
"""

from __future__ import annotations

import importlib
import logging
import os
import re
from typing import TYPE_CHECKING, Any, NamedTuple

from airflow import __version__ as airflow_version

from windvane.errors import UntestedAirflow

if TYPE_CHECKING:
    from airflow.api_fastapi.app import API_ROOT_PATH, get_auth_manager
    from airflow.api_fastapi.auth.managers.models.resource_details import AccessView, DagAccessEntity, DagDetails
    from airflow.api_fastapi.common.dagbag import create_dag_bag
    from airflow.api_fastapi.core_api.datamodels.dag_run import TriggerDAGRunPostBody
    from airflow.api_fastapi.core_api.datamodels.hitl import UpdateHITLDetailPayload
    from airflow.api_fastapi.core_api.routes.public.dag_run import trigger_dag_run
    from airflow.api_fastapi.core_api.routes.public.hitl import update_hitl_detail
    from airflow.api_fastapi.core_api.security import GetUserDep, requires_access_dag, requires_access_view
    from airflow.configuration import conf
    from airflow.models.asset import AssetModel
    from airflow.models.dag import DagModel, DagTag
    from airflow.models.dagrun import DagRun
    from airflow.models.hitl import HITLDetail
    from airflow.models.taskinstance import TaskInstance
    from airflow.models.xcom import XComModel
    from airflow.partition_mappers.base import PartitionMapper
    from airflow.partition_mappers.wait_policy import WaitForAll
    from airflow.providers.standard.operators.hitl import ApprovalOperator, HITLOperator
    from airflow.sdk.exceptions import AirflowRescheduleException, AirflowRuntimeError, ErrorType, TaskAwaitingInput
    from airflow.sdk.execution_time.comms import ErrorResponse, TriggerDagRun
    from airflow.sdk.execution_time.hitl import upsert_hitl_detail
    from airflow.sdk.execution_time.task_runner import SUPERVISOR_COMMS
    from airflow.sdk.observability.stats import gauge, incr
    from airflow.sdk.types import TaskInstanceKey
    from airflow.timetables.base import DagRunInfo, TimeRestriction
    from airflow.timetables.simple import PartitionedAssetTimetable
    from airflow.timetables.trigger import CronPartitionTimetable
    from airflow.utils.session import create_session

__all__ = [
    "API_ROOT_PATH",
    "PRIVATE",
    "SUPERVISOR_COMMS",
    "TESTED",
    "AccessView",
    "AirflowRescheduleException",
    "AirflowRuntimeError",
    "ApprovalOperator",
    "AssetModel",
    "CronPartitionTimetable",
    "DagAccessEntity",
    "DagDetails",
    "DagModel",
    "DagRun",
    "DagRunInfo",
    "DagTag",
    "ErrorResponse",
    "ErrorType",
    "GetUserDep",
    "HITLDetail",
    "HITLOperator",
    "PartitionMapper",
    "PartitionedAssetTimetable",
    "TaskAwaitingInput",
    "TaskInstance",
    "TaskInstanceKey",
    "TimeRestriction",
    "TriggerDAGRunPostBody",
    "TriggerDagRun",
    "UpdateHITLDetailPayload",
    "WaitForAll",
    "XComModel",
    "airflow_version",
    "conf",
    "create_dag_bag",
    "create_session",
    "gauge",
    "get_auth_manager",
    "incr",
    "refusal",
    "requires_access_dag",
    "requires_access_view",
    "trigger_dag_run",
    "update_hitl_detail",
    "upsert_hitl_detail",
]

TESTED = ("3.3.2",)
"""The versions of Airflow that the tests ran on. Later patches of the same minor version are taken too."""

OVERRIDE = "WINDVANE_UNTESTED_AIRFLOW"
"""The setting that lets an untested version in, with the value `allow`."""

_log = logging.getLogger(__name__)


class Private(NamedTuple):
    """Names of one private module of Airflow, and why nothing public does what they do."""

    module: str
    names: tuple[str, ...]
    why: str


_ROUTES = "starts a run and answers a question as Airflow's own API does: in the viewer's name, without a second login"
_TABLES = "the pages read Airflow's tables: over the REST API each page would need a token and several requests"

PRIVATE = (
    Private(
        "airflow.api_fastapi.app",
        ("API_ROOT_PATH", "get_auth_manager"),
        "the auth manager of this API server, and the path it is mounted at; only its interface is public",
    ),
    Private(
        "airflow.api_fastapi.auth.managers.models.resource_details",
        ("AccessView", "DagAccessEntity", "DagDetails"),
        "what the auth manager's public methods take as arguments",
    ),
    Private(
        "airflow.api_fastapi.core_api.security",
        ("GetUserDep", "requires_access_dag", "requires_access_view"),
        "who the visitor is and what they may do, decided as on Airflow's own pages",
    ),
    Private("airflow.api_fastapi.common.dagbag", ("create_dag_bag",), _ROUTES),
    Private("airflow.api_fastapi.core_api.datamodels.dag_run", ("TriggerDAGRunPostBody",), _ROUTES),
    Private("airflow.api_fastapi.core_api.datamodels.hitl", ("UpdateHITLDetailPayload",), _ROUTES),
    Private("airflow.api_fastapi.core_api.routes.public.dag_run", ("trigger_dag_run",), _ROUTES),
    Private("airflow.api_fastapi.core_api.routes.public.hitl", ("update_hitl_detail",), _ROUTES),
    Private(
        "airflow.configuration",
        ("conf",),
        "the API server's secret key, which Airflow may make up; `airflow.sdk.conf` serves tasks",
    ),
    Private("airflow.models.asset", ("AssetModel",), _TABLES),
    Private("airflow.models.dag", ("DagModel", "DagTag"), _TABLES),
    Private("airflow.models.dagrun", ("DagRun",), _TABLES),
    Private("airflow.models.hitl", ("HITLDetail",), _TABLES),
    Private("airflow.models.taskinstance", ("TaskInstance",), _TABLES),
    Private("airflow.models.xcom", ("XComModel",), _TABLES),
    Private(
        "airflow.partition_mappers.base",
        ("PartitionMapper",),
        "Airflow documents mappers of one's own as its subclasses; its own mappers know no 90 days and no zone's hours",
    ),
    Private(
        "airflow.partition_mappers.wait_policy",
        ("WaitForAll",),
        "what a mapper of several partitions must carry; the public class is for Airflow's own mappers alone",
    ),
    Private(
        "airflow.timetables.base",
        ("DagRunInfo", "TimeRestriction"),
        "the types of what a timetable's own method takes and returns",
    ),
    Private(
        "airflow.timetables.simple",
        ("PartitionedAssetTimetable",),
        "Airflow refuses to backfill a DAG that waits for data; a subclass has the windows of its clock as well",
    ),
    Private(
        "airflow.timetables.trigger",
        ("CronPartitionTimetable",),
        "no cron ticks every second week, or only when asked: timetables are subclasses that let ticks out",
    ),
    Private("airflow.utils.session", ("create_session",), _TABLES),
    Private(
        "airflow.providers.standard.operators.hitl",
        ("ApprovalOperator", "HITLOperator"),
        "public in behaviour, not in structure: the approval is a subclass and calls their methods",
    ),
    Private(
        "airflow.sdk.exceptions",
        ("AirflowRescheduleException", "AirflowRuntimeError", "ErrorType", "TaskAwaitingInput"),
        "what lets go of the worker for a while (a sensor would be a task of its own), what a refused request to the"
        " supervisor raises, and what parks a task until a person answers",
    ),
    Private(
        "airflow.sdk.execution_time.comms",
        ("ErrorResponse", "TriggerDagRun"),
        "starts several runs from one task and goes on; `TriggerDagRunOperator` starts one and ends its task",
    ),
    Private(
        "airflow.sdk.execution_time.hitl",
        ("upsert_hitl_detail",),
        "puts a question up again after an answer that does not count; `HITLOperator` asks once",
    ),
    Private(
        "airflow.sdk.execution_time.task_runner",
        ("SUPERVISOR_COMMS",),
        "carries the request to start a run; set anew for each task, so it is never kept",
    ),
    Private(
        "airflow.sdk.observability.stats",
        ("gauge", "incr"),
        "Airflow's own metrics; the public interface names the back ends, not how to write to them",
    ),
    Private("airflow.sdk.types", ("TaskInstanceKey",), "the type of an argument of `BaseOperatorLink.get_link`"),
)
"""Everything private that Windvane uses of Airflow: look here first when a new version is tried."""

_MODULE_OF = {name: private.module for private in PRIVATE for name in private.names}


def refusal(version: str, override: str | None = None) -> UntestedAirflow | None:
    """Return why a version of Airflow is refused; None for a tested one and for later patches of its minor version.

    Args:
        version: Airflow's version, such as `3.3.2`, `3.4.0rc1` or `3.3.2+astro.1`.
        override: The value of the setting `WINDVANE_UNTESTED_AIRFLOW`, if it is set.
    """
    found = _release(version)
    if any(found[:2] == _release(tested)[:2] and found >= _release(tested) for tested in TESTED):
        return None
    if override == "allow":
        return None
    cause = f"Windvane was tested on Airflow {', '.join(TESTED)} and later patches, not on {version}"
    remedy = f"install a tested Airflow, or a Windvane that knows yours; {OVERRIDE}=allow takes it at your own risk"
    return UntestedAirflow(cause, remedy)


def _release(version: str) -> tuple[int, ...]:
    """Return major, minor and patch; what is no number counts as 0."""
    found = re.match(r"(\d+)\.(\d+)(?:\.(\d+))?", version)
    return tuple(int(part or 0) for part in found.groups()) if found else (0, 0, 0)


def _check() -> None:
    """Refuse an untested Airflow, or warn where the setting lets it in.

    Raises:
        UntestedAirflow: This Airflow was not tested.
    """
    refused = refusal(airflow_version, os.environ.get(OVERRIDE))
    if refused:
        raise refused
    untested = refusal(airflow_version)
    if untested:
        _log.warning("%s; %s=allow lets it in", untested.cause, OVERRIDE)


def __getattr__(name: str) -> Any:
    """Load a private name when it is asked for, always anew: some of them change from task to task.

    Raises:
        UntestedAirflow: This Airflow does not have it.
    """
    if name not in _MODULE_OF:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    module = _MODULE_OF[name]
    try:
        return getattr(importlib.import_module(module), name)
    except (AttributeError, ImportError) as error:
        cause = f"Airflow {airflow_version} has no {module}.{name}, which Windvane needs: {error}"
        raise UntestedAirflow(cause, f"install a tested Airflow ({', '.join(TESTED)} or a later patch)") from error


_check()
