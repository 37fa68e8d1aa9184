"""The Airflow plugin: what Windvane adds to a running Airflow. Loading it costs nothing: the pages wait for a visit."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from airflow.plugins_manager import AirflowPlugin

import windvane.orchestration.compat  # noqa: F401 (an untested Airflow is named in its list of import errors)
from windvane.orchestration.deadlines import WindowDeadline
from windvane.orchestration.links import PREFIX, ROUTE, RUN_VIEW
from windvane.orchestration.mappers import WholeWindowMapper, WindowMapper
from windvane.orchestration.timetable import DataTimetable, OnRequestTimetable, SeveralUnitsTimetable

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Receive, Scope, Send


_BELOW = PREFIX.removeprefix("/")  # relative: Airflow's page has its base URL as base
_ICON = f"{_BELOW}/static/windvane.svg"


def _tab(destination: str, **query: str) -> dict[str, str]:
    """Return a tab of Airflow's own page of a DAG, a run or a task; Airflow fills the names in braces."""
    asked = "&".join(f"{name}={value}" for name, value in query.items())
    return {
        "name": "Model",
        "href": f"{_BELOW}/{RUN_VIEW}?{asked}",
        "destination": destination,
        "url_route": f"{ROUTE}-{destination.replace('_', '-')}",
        "icon": _ICON,
    }


class LazyPages:
    """The pages as an ASGI app that is imported and made when it is first asked.

    Every process of Airflow loads plugins; only the API server's visitors need the pages.
    """

    def __init__(self) -> None:
        self._app: ASGIApp | None = None
        self._making = threading.Lock()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a visit."""
        from starlette.concurrency import run_in_threadpool

        app = self._app
        if app is None:
            app = await run_in_threadpool(self._made)
        await app(scope, receive, send)

    def _made(self) -> ASGIApp:
        from windvane.orchestration.pages import airflow_pages

        with self._making:
            made = self._app or airflow_pages()
            self._app = made
            return made


class WindvanePlugin(AirflowPlugin):
    """Windvane as Airflow lists it: pages, tabs, timetables, mappers, deadlines; links come with the operators."""

    name = "windvane"
    timetables = [SeveralUnitsTimetable, OnRequestTimetable, DataTimetable]  # noqa: RUF012 (Airflow's form)
    partition_mappers = [WindowMapper, WholeWindowMapper]  # noqa: RUF012 (Airflow's form)
    deadline_references = [WindowDeadline]  # noqa: RUF012 (Airflow's form)
    fastapi_apps = [{"app": LazyPages(), "url_prefix": PREFIX, "name": "Windvane"}]  # noqa: RUF012 (Airflow's form)
    external_views = [  # noqa: RUF012 (Airflow's form)
        {
            "name": "Models",
            "href": f"{_BELOW}/",
            "destination": "nav",
            "url_route": ROUTE,
            "nav_top_level": True,
            "icon": _ICON,
        },
        _tab("dag", dag="{DAG_ID}"),
        _tab("dag_run", dag="{DAG_ID}", run="{RUN_ID}"),
        _tab("task_instance", dag="{DAG_ID}", run="{RUN_ID}", task="{TASK_ID}", index="{MAP_INDEX}"),
    ]
