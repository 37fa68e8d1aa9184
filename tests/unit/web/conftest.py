"""The pages on a real registry of one model's half year, asked through the ASGI app itself."""

from __future__ import annotations

import shutil
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI, HTTPException
from starlette.requests import Request
from starlette.testclient import TestClient

from tests.unit.web.year import fill
from windvane.actions import Action
from windvane.results import DagState, Declared, ModelHealth, RunState
from windvane.stores import Stores, open_stores
from windvane.web.app import create_app
from windvane.web.host import Host, Started, Viewer

SECRET = b"a secret of this test alone"
ORIGIN = "http://testserver"


@dataclass
class Roles:
    """Access by a header: nobody, a viewer, or an operator; `hidden` models are there for nobody."""

    hidden: frozenset[str] = frozenset()

    @staticmethod
    def reader(request: Request) -> Viewer:
        role = request.headers.get("x-role", "")
        if not role:
            raise HTTPException(401, "Not authenticated")
        if role == "stranger":
            raise HTTPException(403, "Forbidden")
        return Viewer(f"airflow:{role}", session=f"session of {role}", user=role)

    def visible(self, viewer: Viewer, models: Collection[str]) -> frozenset[str]:
        return frozenset(models) - self.hidden

    def may(self, request: Request, viewer: Viewer, action: Action, model: str) -> bool:
        return bool(viewer.user == "op")

    def login_url(self, back: str) -> str:
        return f"/auth/login?next={back}"


@dataclass
class Surroundings:
    """What Airflow would be asked for: links, and runs that are written down instead of started."""

    retrains: list[tuple[str, ...]] = field(default_factory=list)
    answers: list[tuple[Any, ...]] = field(default_factory=list)
    waiting: bool = True
    dags: dict[str, tuple[DagState, ...]] = field(default_factory=dict)
    heard: list[ModelHealth] = field(default_factory=list)
    runs: dict[str, RunState] = field(default_factory=dict)
    never_ran: tuple[Declared, ...] = ()

    def run_url(self, run: str) -> str:
        return f"/dags/{run}" if "/" in run else ""

    def log_url(self, run: str) -> str:
        return f"{self.run_url(run)}/tasks/train" if "/" in run else ""

    def asset_urls(self, model: str) -> Mapping[str, str]:
        return {"champion": "/assets/7"}

    def backfill_command(self, model: str, verb: str, begin: datetime, end: datetime) -> str:
        return f"again {model} {verb} {begin:%Y-%m-%dT%H:%M} {end:%Y-%m-%dT%H:%M:%S}"

    def backfill_url(self, model: str, verb: str, window: str) -> str:
        return f"/dags/{model}_{verb}/runs?partition_key_pattern={window}"

    def action_url(self, run: str) -> str:
        return f"/dags/{run}/required_actions" if "/" in run else ""

    def next_runs(self, models: Collection[str]) -> Mapping[str, datetime]:
        return {name: datetime(2030, 1, 1, tzinfo=UTC) for name in models}

    def dag_states(self, models: Collection[str]) -> Mapping[str, tuple[DagState, ...]]:
        return self.dags

    def declared(self, known: Collection[str]) -> list[Declared]:
        return [one for one in self.never_ran if one.model not in known]

    def run_state(self, viewer: Viewer, run: str) -> RunState | None:
        return self.runs.get(run)

    def told(self, health: Collection[ModelHealth]) -> None:
        self.heard = list(health)

    def retrain(self, request: Request, viewer: Viewer, model: str, window: str, run_id: str, reason: str) -> Started:
        self.retrains.append((viewer.name, model, window, run_id, reason))
        return Started(f"{model} is trained on {window}", f"{model}_train/{run_id}")

    def answer(self, request: Request, viewer: Viewer, run: str, *, approved: bool, reason: str) -> Started | None:
        if not self.waiting:
            return None
        self.answers.append((viewer.name, run, approved, reason))
        return Started("the run goes on", run)


@pytest.fixture(scope="session")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a registry and artifacts: writing them takes longer than copying them."""
    home = tmp_path_factory.mktemp("written")
    opened = open_stores(f"sqlite:///{home / 'registry.db'}", str(home / "artifacts"))
    fill(opened)
    opened.registry.close()
    return home


@pytest.fixture
def home(tmp_path: Path, written: Path) -> Path:
    """A copy that the test may spoil."""
    shutil.copytree(written, tmp_path, dirs_exist_ok=True)
    return tmp_path


@pytest.fixture
def stores(home: Path) -> Stores:
    return open_stores(f"sqlite:///{home / 'registry.db'}", str(home / "artifacts"))


@pytest.fixture
def around() -> Surroundings:
    return Surroundings()


@pytest.fixture
def roles() -> Roles:
    return Roles()


@pytest.fixture
def app(stores: Stores, roles: Roles, around: Surroundings) -> FastAPI:
    return create_app(Host(lambda: stores, roles, around, SECRET, declared=around.declared))


@pytest.fixture
def client(app: FastAPI) -> Iterator[TestClient]:
    """A viewer's client."""
    with TestClient(app, headers={"x-role": "viewer"}, base_url=ORIGIN) as opened:
        yield opened


@pytest.fixture
def op(app: FastAPI) -> Iterator[TestClient]:
    """An operator's client."""
    with TestClient(app, headers={"x-role": "op"}, base_url=ORIGIN) as opened:
        yield opened
