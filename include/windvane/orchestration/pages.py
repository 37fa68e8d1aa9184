"""The Models pages within Airflow: its auth manager decides who reads and acts, and links lead both ways."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any
from urllib.parse import quote, urlencode

import sqlalchemy as sa
from fastapi import Depends, HTTPException, Request

from windvane.actions.row import Action, Right
from windvane.errors import IllegalMove
from windvane.orchestration import metrics
from windvane.orchestration.compat import (
    AccessView,
    AssetModel,
    DagAccessEntity,
    DagDetails,
    DagModel,
    DagRun,
    GetUserDep,
    TaskInstance,
    conf,
    create_session,
    get_auth_manager,
    requires_access_dag,
    requires_access_view,
)
from windvane.orchestration.connections import stores_of
from windvane.orchestration.dag_runs import declared, state_of
from windvane.orchestration.dag_states import states_of
from windvane.orchestration.links import TRAINING, asset_uri, run_page
from windvane.web.app import create_app
from windvane.web.host import Host, Started, Viewer

if TYPE_CHECKING:
    from fastapi import FastAPI
    from sqlalchemy.orm import Session

    from windvane.results import DagState, Declared, ModelHealth, RunState
    from windvane.stores import Stores

_TOLD_SECONDS = 30.0
"""How often a health that stays is told to Airflow's metrics: a thousand models are visited more often than that."""

_RIGHTS: dict[Right, tuple[Any, DagAccessEntity | None]] = {
    "trigger": ("POST", DagAccessEntity.RUN),
    "answer": ("PUT", DagAccessEntity.HITL_DETAIL),
    "edit": ("PUT", None),
}
"""What Airflow calls the right that a row of the table of actions names."""


def airflow_pages() -> FastAPI:
    """Return the pages as Airflow mounts them."""
    secret = hashlib.sha256(b"windvane pages\x1f" + conf.get("api", "secret_key").encode()).digest()
    base = conf.get("api", "base_url", fallback="") or ""
    origins = (base,) if base.startswith(("http://", "https://")) else ()
    around = AirflowAround()
    return create_app(Host(_stores, AirflowAccess(), around, secret, origins, declared=around.declared))


def _stores() -> Stores:
    return stores_of(visited=True)


def _reader(user: GetUserDep, _: Annotated[None, Depends(requires_access_view(AccessView.PLUGINS))]) -> Viewer:
    return Viewer(f"airflow:{user.get_name()}", session=str(user.get_id()), user=user)


class AirflowAccess:
    """Airflow's auth manager decides: seeing the plugins' pages, reading a model's DAGs, and each action."""

    reader = staticmethod(_reader)

    def visible(self, viewer: Viewer, models: Collection[str]) -> frozenset[str]:
        """Return the models whose training DAG the viewer may read."""
        teams = _teams([f"{name}_train" for name in models])
        manager = get_auth_manager()
        found = []
        for name in models:
            details = DagDetails(id=f"{name}_train", team_name=teams.get(f"{name}_train"))
            if manager.is_authorized_dag(method="GET", details=details, user=viewer.user):
                found.append(name)
        return frozenset(found)

    def may(self, request: Request, viewer: Viewer, action: Action, model: str) -> bool:
        """True when the viewer may do in Airflow what the action does."""
        method, entity = _RIGHTS[action.permission.right]
        try:
            requires_access_dag(method, entity, f"{model}_{action.permission.dag}")(request, viewer.user)
        except HTTPException:
            return False
        return True

    def login_url(self, back: str) -> str:
        """Return Airflow's login page."""
        return get_auth_manager().get_url_login(next_url=back)


class AirflowAround:
    """Links into Airflow, as paths below its base URL, and what only Airflow can do."""

    def __init__(self) -> None:
        self._told: dict[str, tuple[float, ModelHealth]] = {}

    def run_url(self, run: str) -> str:
        """Return the page of a run; nothing for what is no DAG run of a family."""
        dag_id = run.partition("/")[0]
        page = run_page(run) if dag_id.endswith(("_train", "_score", "_monitor", "_rollback", "_act")) else ""
        return f"{_root()}/{page}" if page else ""

    def log_url(self, run: str) -> str:
        """Return the training task of a run, which Airflow opens with its log."""
        url = self.run_url(run)
        return f"{url}/tasks/{TRAINING}" if url else ""

    def asset_urls(self, model: str) -> Mapping[str, str]:
        """Return the pages of the assets that the model's DAGs write."""
        uris = {asset_uri(model, what): what for what in ("champion", "scores")}
        with create_session() as session:
            query = sa.select(AssetModel.id, AssetModel.uri).where(AssetModel.uri.in_(uris)).order_by(AssetModel.uri)
            return {uris[uri]: f"{_root()}/assets/{number}" for number, uri in session.execute(query)}

    def backfill_url(self, model: str, verb: str, window: str) -> str:
        """Return the runs of a DAG for one window, where its backfill form is."""
        query = urlencode({"partition_key_pattern": window})
        return f"{_root()}/dags/{quote(f'{model}_{verb}', safe='')}/runs?{query}"

    def backfill_command(self, model: str, verb: str, begin: datetime, end: datetime) -> str:
        """Return the command line of Airflow's form: that one takes no range from an address."""
        dates = f"--from-date {begin.isoformat()} --to-date {end.isoformat()}"
        return f"airflow backfill create --dag-id {model}_{verb} {dates} --reprocess-behavior completed"

    def action_url(self, run: str) -> str:
        """Return a run's required actions."""
        url = self.run_url(run)
        return f"{url}/required_actions" if url else ""

    def next_runs(self, models: Collection[str]) -> Mapping[str, datetime]:
        """Return when Airflow makes each model's next run, of whichever DAG comes first."""
        dags = {f"{name}_{verb}": name for name in models for verb in ("train", "score", "monitor")}
        at = DagModel.next_dagrun_create_after
        query = sa.select(DagModel.dag_id, at).where(DagModel.dag_id.in_(dags), at.is_not(None))
        query = query.where(DagModel.is_paused.is_(False), DagModel.is_stale.is_(False))
        found: dict[str, datetime] = {}
        with create_session() as session:
            for dag_id, moment in session.execute(query):
                assert moment is not None  # the query leaves those out
                found[dags[dag_id]] = min(moment, found.get(dags[dag_id], moment))
        return found

    def dag_states(self, models: Collection[str]) -> Mapping[str, tuple[DagState, ...]]:
        """Return what Airflow's tables say of each model's DAGs."""
        with create_session() as session:
            return states_of(session, models)

    def declared(self, known: Collection[str]) -> Sequence[Declared]:
        """Return the models that parsed DAG files declare, besides those that are known."""
        with create_session() as session:
            return declared(session, known, _root())

    def run_state(self, viewer: Viewer, run: str) -> RunState | None:
        """Return what Airflow knows of a run; what errors said only to who may read the logs of its DAG."""
        dag_id = run.partition("/")[0]
        details = DagDetails(id=dag_id, team_name=_teams([dag_id]).get(dag_id))
        manager = get_auth_manager()

        def may(entity: DagAccessEntity) -> bool:
            return manager.is_authorized_dag(method="GET", access_entity=entity, details=details, user=viewer.user)

        if not may(DagAccessEntity.RUN):
            return None
        with create_session() as session:
            return state_of(session, run, _root(), logs=may(DagAccessEntity.TASK_LOGS))

    def told(self, health: Collection[ModelHealth]) -> None:
        """Send each model's health to Airflow's metrics: at once when it changed, else every half minute."""
        now, new = time.monotonic(), []
        for one in health:
            at, before = self._told.get(one.model, (0.0, None))
            if (before is not one and before != one) or now - at >= _TOLD_SECONDS:
                self._told[one.model] = (now, one)
                new.append(one)
        metrics.examined(new)

    def retrain(self, request: Request, viewer: Viewer, model: str, window: str, run_id: str, reason: str) -> Started:
        """Start a training run in the viewer's name, as Airflow's own API does; the same run is started once.

        Raises:
            IllegalMove: Airflow refuses.
        """
        from windvane.orchestration.compat import TriggerDAGRunPostBody, create_dag_bag, trigger_dag_run

        dag_id = f"{model}_train"
        body = TriggerDAGRunPostBody(
            dag_run_id=run_id, logical_date=None, conf={"reason": reason}, partition_key=window
        )
        with _as_airflow_does(f"{dag_id} {window}") as session:
            if session.scalar(sa.select(DagRun.id).where(DagRun.dag_id == dag_id, DagRun.run_id == run_id)):
                return Started(
                    f"{model} was asked to train on {window} already, under this champion", f"{dag_id}/{run_id}"
                )
            trigger_dag_run(dag_id, body, create_dag_bag(), viewer.user, session, request)
            paused = session.scalar(sa.select(DagModel.is_paused).where(DagModel.dag_id == dag_id))
        waits = f"; {dag_id} is paused in Airflow, and the run waits until it is not" if paused else ""
        return Started(f"{model} is trained on {window}{waits}", f"{dag_id}/{run_id}")

    def answer(self, request: Request, viewer: Viewer, run: str, *, approved: bool, reason: str) -> Started | None:
        """Answer the approval that a run waits for, as Airflow's own API does; None when it waits for none.

        Raises:
            IllegalMove: Airflow refuses: somebody else answered, or the viewer is not among those who may.
        """
        from windvane.orchestration.compat import HITLDetail, UpdateHITLDetailPayload, update_hitl_detail

        dag_id, _, run_id = run.partition("/")
        same = (TaskInstance.dag_id == dag_id, TaskInstance.run_id == run_id, HITLDetail.responded_at.is_(None))
        query = sa.select(TaskInstance.task_id, TaskInstance.map_index).join(
            HITLDetail, HITLDetail.ti_id == TaskInstance.id
        )
        payload = UpdateHITLDetailPayload(
            chosen_options=["Approve" if approved else "Reject"], params_input={"reason": reason}
        )
        with _as_airflow_does(run) as session:
            waiting = session.execute(query.where(*same)).first()
            if waiting is None:
                return None
            update_hitl_detail(dag_id, run_id, waiting.task_id, payload, viewer.user, session, waiting.map_index)
        return Started("the answer is with the run", run)


@contextmanager
def _as_airflow_does(what: str) -> Iterator[Session]:
    """Open a session in which Airflow's own routes work; what they refuse is refused by name."""
    try:
        with create_session() as session:
            yield session
    except HTTPException as error:
        raise IllegalMove(f"{what}: Airflow refuses: {error.detail}", "look at it in Airflow, then decide") from None


def _teams(dags: Collection[str]) -> Mapping[str, str | None]:
    """Return the team of each DAG, where Airflow has teams."""
    if not conf.getboolean("core", "multi_team", fallback=False):
        return {}
    teams: Mapping[str, str | None] = DagModel.get_dag_id_to_team_name_mapping(list(dags))
    return teams


def _root() -> str:
    """Return the path of Airflow's base URL."""
    from windvane.orchestration.compat import API_ROOT_PATH

    return API_ROOT_PATH.rstrip("/")
