"""The pages as a FastAPI app: each page at its address, its facts below `/api`, its tables as CSV."""

# Annotations are not postponed here: FastAPI evaluates those of the functions within functions.

import logging
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Annotated

from fastapi import APIRouter, Depends, FastAPI
from fastapi.exceptions import HTTPException
from starlette.exceptions import HTTPException as AnyHTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response, StreamingResponse

from windvane.errors import MissingReport
from windvane.web import forms, render
from windvane.web.answering import Kept, answered, drawn, refusal
from windvane.web.guard import FOREIGN_POLICY, Guard
from windvane.web.host import Host, Viewer
from windvane.web.page import PAGES, Build, is_own
from windvane.web.visit import Visit

log = logging.getLogger(__name__)

DOING = "/models/{model}/do/{action}"
"""The form of an action, and where it is sent."""

REPORT = "/models/{model}/windows/{window}/report"
"""What Evidently drew of a window: its page shows it in a sandbox."""


def create_app(host: Host) -> FastAPI:
    """Return the pages as an app to mount; nothing is opened until a page is asked for.

    Every route depends on `host.access.reader`, and the app describes itself to nobody.
    """
    host = replace(host, stores=Kept(host.stores))
    app = FastAPI(title="Windvane", docs_url=None, redoc_url=None, openapi_url=None, redirect_slashes=False)
    pages = APIRouter(dependencies=[Depends(host.access.reader)])
    listed, problems = PAGES.usable()
    for problem in problems:
        log.error("pages are missing: %s: %s; %s", problem.name, problem.cause, problem.remedy)
    own = {path: build for path, build in listed.items() if is_own(build)}
    _add(pages, host, own)
    pages.add_api_route(REPORT, _report(host), name="report", methods=["GET"], response_class=HTMLResponse)
    pages.add_api_route(DOING, forms.form(host), name="form", methods=["GET"], response_class=HTMLResponse)
    pages.add_api_route(DOING, forms.done(host), name="do", methods=["POST"], response_class=HTMLResponse)
    pages.add_api_route("/static/{name}", _asset, name="static", methods=["GET"])
    _add(pages, host, {path: build for path, build in listed.items() if path not in own})  # they shadow nothing above
    app.include_router(pages)
    app.add_middleware(Guard)
    app.add_exception_handler(AnyHTTPException, refusal(host))
    return app


def _add(pages: APIRouter, host: Host, builds: Mapping[str, Build]) -> None:
    """Add pages at their addresses, and their facts below `/api`; `?export=TABLE` is a table as CSV, or a file."""
    for path, build in builds.items():
        name = build.__module__.rpartition(".")[2]
        pages.add_api_route(path, _page(host, build), name=name, methods=["GET"], response_class=HTMLResponse)
        pages.add_api_route(f"/api{path.rstrip('/')}", _facts(host, build), name=f"api {name}", methods=["GET"])


def _page(host: Host, build: Build) -> Callable[..., Response]:
    def page(request: Request, viewer: Annotated[Viewer, Depends(host.access.reader)]) -> Response:
        def answer(visit: Visit) -> Response:
            shown = build(visit, **request.path_params)
            export = visit.requested.export
            if export in shown.tables:
                return StreamingResponse(
                    shown.tables[export].csv(),
                    media_type="text/csv; charset=utf-8",
                    headers=_attached(visit, export, "csv"),
                )
            if export in shown.files:
                file = shown.files[export]
                return Response(file.text(), media_type=file.media, headers=_attached(visit, file.name, export))
            return HTMLResponse(drawn(visit, shown, build))

        return answered(host, request, viewer, answer)

    return page


def _facts(host: Host, build: Build) -> Callable[..., Response]:
    def facts(request: Request, viewer: Annotated[Viewer, Depends(host.access.reader)]) -> Response:
        def answer(visit: Visit) -> Response:
            return JSONResponse(build(visit, **request.path_params).data.model_dump(mode="json"))

        return answered(host, request, viewer, answer)

    return facts


def _report(host: Host) -> Callable[..., Response]:
    def report(request: Request, viewer: Annotated[Viewer, Depends(host.access.reader)]) -> Response:
        def answer(visit: Visit) -> Response:
            name, key = visit.see(request.path_params["model"]), request.path_params["window"]
            if request.headers.get("sec-fetch-dest") == "document":  # alone, it could leave for another site
                return RedirectResponse(visit.model_url(name, "windows", key), 303)
            digest = visit.moment.report(name, key)
            if digest is None:
                raise MissingReport(name, key)
            return HTMLResponse(visit.stores.artifacts.get(digest), headers={"content-security-policy": FOREIGN_POLICY})

        return answered(host, request, viewer, answer)

    return report


def _attached(visit: Visit, what: str, ending: str) -> dict[str, str]:
    """Return the headers of a file to keep, whose name can harm no file system."""
    name = "-".join([*visit.request.path_params.values(), what])
    plain = "".join(one if one.isascii() and (one.isalnum() or one in "-_") else "_" for one in name)
    return {"content-disposition": f'attachment; filename="{plain}.{ending}"'}


def _asset(name: str) -> Response:
    """Return a file that pages load."""
    asset = render.assets().get(name)
    if asset is None:
        raise HTTPException(404, "no such file")
    kept = {"cache-control": "private, max-age=31536000, immutable"}
    return Response(asset.body, media_type=asset.media, headers=kept)
