"""How a visit is answered: within one moment of the registry; whatever goes wrong is a page that says so."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response

from windvane.errors import (
    FormRefused,
    IllegalMove,
    InvalidWindow,
    MissingReport,
    NotAllowed,
    NotAPair,
    OlderWindow,
    RegistryLocked,
    RegistryUnavailable,
    RolledBack,
    SamePerson,
    SchemaTooNew,
    StaleAttempt,
    StaleChampion,
    StorageFailed,
    UnknownModel,
    UnknownRollout,
    UnknownVersion,
    WindvaneError,
    WrongConnection,
)
from windvane.stores import Stores
from windvane.web import render
from windvane.web.host import Host, Viewer
from windvane.web.page import PAGES, Build, about, is_own
from windvane.web.tables import Requested
from windvane.web.visit import Page, Visit

log = logging.getLogger(__name__)

_FRESH_SECONDS, _AGAIN_SECONDS, _OPENING_SECONDS = 60, 5, 10
_STATUSES = {
    403: (NotAllowed, FormRefused),
    404: (UnknownModel, UnknownVersion, UnknownRollout, InvalidWindow, MissingReport),
    409: (StaleChampion, IllegalMove, OlderWindow, RolledBack, SamePerson, StaleAttempt),
    503: (RegistryUnavailable, RegistryLocked, SchemaTooNew, NotAPair, StorageFailed, WrongConnection),
}


class Kept:
    """Opens the stores once a minute, not once a page; what cannot be opened is not tried again for some seconds.

    Args:
        stores: Opens them.
    """

    def __init__(self, stores: Callable[[], Stores]) -> None:
        self._open = stores
        self._opening = threading.Lock()
        self._stores: Stores | None = None
        self._failed: WindvaneError | None = None
        self._until = 0.0

    def __call__(self) -> Stores:
        """Return the stores; those of the minute before are let go."""
        if not self._opening.acquire(timeout=_OPENING_SECONDS):
            raise RegistryUnavailable("the registry is being opened, and does not answer", "load the page again later")
        try:
            if time.monotonic() < self._until and self._failed is not None:
                raise self._failed
            if time.monotonic() >= self._until or self._stores is None:
                self._renew()
            assert self._stores is not None
            return self._stores
        finally:
            self._opening.release()

    def _renew(self) -> None:
        try:
            opened = self._open()
        except WindvaneError as error:
            self._failed, self._until = error, time.monotonic() + _AGAIN_SECONDS
            raise
        if self._stores is not None and self._stores is not opened:
            self._stores.registry.close()
        self._stores, self._failed, self._until = opened, None, time.monotonic() + _FRESH_SECONDS


def answered(host: Host, request: Request, viewer: Viewer, answer: Callable[[Visit], Response]) -> Response:
    """Answer a visit."""
    try:
        with _visiting(host, request, viewer) as visit:
            return answer(visit)
    except WindvaneError as error:
        return failed(host, request, error)
    except Exception as error:  # the outermost layer: Airflow's server must not see it
        log.exception("the page %s failed", request.url.path)
        message = WindvaneError(f"{type(error).__name__} while this page was built", "see the log of the API server")
        return failed(host, request, message, status=500)


@contextmanager
def _visiting(host: Host, request: Request, viewer: Viewer) -> Iterator[Visit]:
    stores = host.stores()
    with stores.registry.read() as moment:
        query = dict(request.query_params)
        requested = Requested(request.url.path, query, query.get("export", ""))
        yield Visit(host, stores, moment, request, viewer, requested, datetime.now(UTC))


def drawn(visit: Visit, page: Page, build: Build | None = None) -> str:
    """Draw a page; the template of one that another package brings lies in that package."""
    package = (build.__module__.rpartition(".")[0] or build.__module__) if build and not is_own(build) else ""
    return render.html(
        f"{package}:{page.template}" if package else page.template,
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
    builds, problems = PAGES.usable()
    tabs = sorted((one for one in map(about, builds.values()) if one.tab), key=lambda one: (one.order, one.path))
    return {
        "root": root,
        "assets": assets,
        "alone": host.around is None,
        "path": request.url.path,
        "tabs": [(one.tab, root + one.path) for one in tabs],
        "lacking": [f"{error.name}: {error.cause}" for error in problems],
    }


_TITLES = {
    400: "This did not work",
    403: "Refused",
    404: "Not found",
    405: "This address takes no such request",
    409: "The state does not allow this any more",
    500: "This page could not be built",
    503: "The registry cannot be read now",
}


def status_of(error: WindvaneError) -> int:
    """Return the status with which a named error is answered."""
    return next((code for code, kinds in _STATUSES.items() if isinstance(error, kinds)), 400)


def title_of(error: WindvaneError, status: int | None = None) -> str:
    """Return what a page about a named error is called."""
    if isinstance(error, StaleChampion):
        return "The champion changed while you decided"
    return _TITLES[status or status_of(error)]


def failed(host: Host, request: Request, error: WindvaneError, status: int | None = None, typed: str = "") -> Response:
    """Return the page (or, below `/api`, the JSON) of a named error.

    Args:
        host: What the pages are shown in.
        request: What was asked.
        error: The error.
        status: The status; None for that of the error.
        typed: What a person wrote into a form that leads nowhere any more: it is shown, so that it is not lost.
    """
    status = status or status_of(error)
    headers = {"retry-after": "10"} if status == 503 else {}
    name = "Unexpected" if type(error) is WindvaneError else error.name
    if _is_api(request):
        return JSONResponse({"error": name, "cause": error.cause, "remedy": error.remedy}, status, headers)
    shown = {"name": name, "error": error, "status": status, "heading": title_of(error, status), "typed": typed}
    text = render.html("failure.html", **shown, **_frame(host, request))
    return HTMLResponse(text, status, headers)


def refusal(host: Host) -> Callable[[Request, Exception], Response]:
    """Return what says that a login is needed, that it does not suffice, or that there is no such address."""

    def refused(request: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPException)
        if _is_api(request):
            return JSONResponse({"error": str(error.detail)}, error.status_code)
        login = host.access.login_url(str(request.url.path)) if error.status_code == 401 else ""
        return HTMLResponse(render.html("refused.html", status=error.status_code, login=login), error.status_code)

    return refused


def _is_api(request: Request) -> bool:
    path = str(request.scope["path"]).removeprefix(str(request.scope.get("root_path", "")))
    return path == "/api" or path.startswith("/api/")
