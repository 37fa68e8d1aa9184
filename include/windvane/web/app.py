"""The pages as a FastAPI app: each page at its address, its facts below `/api`, its tables as CSV."""

# Annotations are not postponed here: FastAPI evaluates those of the functions within functions.

import logging
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from typing import Annotated, Any

from fastapi import APIRouter, Depends, FastAPI
from fastapi.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response, StreamingResponse

from windvane.errors import (
    FormRefused,
    InvalidWindow,
    RegistryLocked,
    RegistryUnavailable,
    SchemaTooNew,
    StorageFailed,
    UnknownModel,
    UnknownVersion,
    WindvaneError,
)
from windvane.stores import Stores
from windvane.stores.sql.pages import reads_of
from windvane.web import render
from windvane.web.guard import Guard
from windvane.web.host import Host, Viewer
from windvane.web.pages import approvals, compare, model, overview, trail, version, window
from windvane.web.tables import Asked
from windvane.web.visit import Page, Visit

log = logging.getLogger(__name__)

Build = Callable[..., Page]

PAGES: dict[str, Build] = {
    "/": overview.build,
    "/approvals": approvals.build,
    "/trail": trail.build,
    "/models/{model}": model.build,
    "/models/{model}/trail": trail.build,
    "/models/{model}/compare": compare.build,
    "/models/{model}/windows/{window}": window.build,
    "/models/{model}/versions/{number}": version.build,
}
"""Every page by its address. The same facts are below `/api`; `?export=TABLE` is a table as CSV."""

_FRESH_SECONDS = 60
_NOT_THERE = (UnknownModel, UnknownVersion, InvalidWindow)
_OUT_OF_ORDER = (RegistryUnavailable, RegistryLocked, SchemaTooNew, StorageFailed)


def create_app(host: Host) -> FastAPI:
    """Return the pages as an app to mount; nothing is opened until a page is asked for.

    Every route depends on `host.access.reader`, and the app describes itself to nobody.
    """
    host = replace(host, stores=Kept(host.stores))
    app = FastAPI(title="Windvane", docs_url=None, redoc_url=None, openapi_url=None, redirect_slashes=False)
    pages = APIRouter(dependencies=[Depends(host.access.reader)])
    for path, build in PAGES.items():
        name = build.__module__.rpartition(".")[2]
        pages.add_api_route(path, _shown(host, build), name=name, methods=["GET"], response_class=HTMLResponse)
        facts = f"/api{path.rstrip('/')}"
        pages.add_api_route(facts, _facts(host, build), name=f"api {name}", methods=["GET"])
    pages.add_api_route("/static/{name}", _asset, name="static", methods=["GET"])
    app.include_router(pages)
    app.add_middleware(Guard)
    app.add_exception_handler(HTTPException, _refused(host))
    return app


def _shown(host: Host, build: Build) -> Callable[..., Response]:
    def page(request: Request, viewer: Annotated[Viewer, Depends(host.access.reader)]) -> Response:
        def answer(visit: Visit) -> Response:
            shown = build(visit, **request.path_params)
            if visit.asked.export in shown.tables:
                return _csv(visit, shown)
            return HTMLResponse(_drawn(visit, shown))

        return _answered(host, request, viewer, answer)

    return page


def _facts(host: Host, build: Build) -> Callable[..., Response]:
    def facts(request: Request, viewer: Annotated[Viewer, Depends(host.access.reader)]) -> Response:
        def answer(visit: Visit) -> Response:
            return JSONResponse(build(visit, **request.path_params).data.model_dump(mode="json"))

        return _answered(host, request, viewer, answer)

    return facts


def _answered(host: Host, request: Request, viewer: Viewer, answer: Callable[[Visit], Response]) -> Response:
    """Answer within one moment of the registry; whatever goes wrong is a page that says so."""
    try:
        with _visiting(host, request, viewer) as visit:
            return answer(visit)
    except WindvaneError as error:
        return failure(host, request, error)
    except Exception as error:  # the outermost layer: Airflow's server must not see it
        log.exception("the page %s failed", request.url.path)
        told = WindvaneError(f"{type(error).__name__} while this page was built", "see the log of the API server")
        return failure(host, request, told, status=500)


@contextmanager
def _visiting(host: Host, request: Request, viewer: Viewer) -> Iterator[Visit]:
    stores = host.stores()
    with reads_of(stores.registry).moment() as moment:
        query = dict(request.query_params)
        asked = Asked(request.url.path, query, query.get("export", ""))
        yield Visit(host, stores, moment, request, viewer, asked, datetime.now(UTC))


def _drawn(visit: Visit, page: Page) -> str:
    return render.html(
        page.template,
        page=page,
        data=page.data,
        tables=page.tables,
        visit=visit,
        now=visit.now,
        **page.drawn,
        **_frame(visit.host, visit.request),
    )


def _frame(host: Host, request: Request) -> dict[str, Any]:
    """Return what every page has around it."""
    root = str(request.scope.get("root_path", ""))
    assets = {name: f"{root}/static/{name}?v={asset.digest}" for name, asset in render.assets().items()}
    return {"root": root, "assets": assets, "alone": host.around is None, "path": request.url.path}


class Kept:
    """Opens the stores once a minute, not once a page.

    Args:
        stores: Opens them.
    """

    def __init__(self, stores: Callable[[], Stores]) -> None:
        self._open = stores
        self._opening = threading.Lock()
        self._stores: Stores | None = None
        self._until = 0.0

    def __call__(self) -> Stores:
        """Return the stores; those of the minute before are let go."""
        with self._opening:
            if self._stores is None or time.monotonic() > self._until:
                opened = self._open()
                if self._stores is not None:
                    self._stores.registry.close()
                self._stores, self._until = opened, time.monotonic() + _FRESH_SECONDS
            return self._stores


def _csv(visit: Visit, page: Page) -> Response:
    table = page.tables[visit.asked.export]
    name = "-".join([*visit.request.path_params.values(), table.name])
    plain = "".join(one if one.isascii() and (one.isalnum() or one in "-_") else "_" for one in name)
    headers = {"content-disposition": f'attachment; filename="{plain}.csv"'}
    lines = list(table.csv())  # while the moment is open
    return StreamingResponse(iter(lines), media_type="text/csv; charset=utf-8", headers=headers)


def failure(host: Host, request: Request, error: WindvaneError, status: int | None = None) -> Response:
    """Return the page (or, below `/api`, the JSON) of a named error."""
    if status is None:
        status = 404 if isinstance(error, _NOT_THERE) else 503 if isinstance(error, _OUT_OF_ORDER) else 400
        status = 403 if isinstance(error, FormRefused) else status
    headers = {"retry-after": "10"} if status == 503 else {}
    name = "Unexpected" if type(error) is WindvaneError else error.name
    if _is_api(request):
        facts = {"error": name, "cause": error.cause, "remedy": error.remedy}
        return JSONResponse(facts, status, headers)
    text = render.html("failure.html", name=name, error=error, status=status, **_frame(host, request))
    return HTMLResponse(text, status, headers)


def _refused(host: Host) -> Callable[..., Response]:
    def refused(request: Request, error: HTTPException) -> Response:
        """Say that a login is needed, or that it does not suffice."""
        if _is_api(request):
            return JSONResponse({"error": str(error.detail)}, error.status_code)
        login = host.access.login_url(str(request.url.path)) if error.status_code == 401 else ""
        text = render.html("refused.html", status=error.status_code, login=login)
        return HTMLResponse(text, error.status_code)

    return refused


def _is_api(request: Request) -> bool:
    path = str(request.scope["path"]).removeprefix(str(request.scope.get("root_path", "")))
    return path == "/api" or path.startswith("/api/")


def _asset(name: str) -> Response:
    """Return a file that pages load."""
    asset = render.assets().get(name)
    if asset is None:
        raise HTTPException(404, "no such file")
    return Response(
        asset.body, media_type=asset.media, headers={"cache-control": "private, max-age=31536000, immutable"}
    )
