"""The forms by which people act: drawn for who may act, signed for one browser, read once, and refused when forged."""

# Annotations are not postponed here: FastAPI evaluates those of the functions within functions.

import logging
import secrets
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Annotated
from urllib.parse import parse_qsl

from fastapi import Depends
from fastapi.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from windvane.actions import Action, action_of
from windvane.errors import NotAllowed, WindvaneError
from windvane.results import Record
from windvane.web import actions
from windvane.web.answering import answered, drawn, failed, status_of, title_of
from windvane.web.guard import LONGEST_FORM, refuse_forged, sign
from windvane.web.host import Host, Viewer
from windvane.web.visit import Page, Visit

log = logging.getLogger(__name__)

COOKIE = "windvane_form"
"""What binds a form to the browser that drew it."""


class Done(Record):
    """What came of a form."""

    model: str
    message: str
    run: str
    done: bool
    """False where the run has not done it yet."""
    version: int | None


def form(host: Host) -> Callable[..., Response]:
    """Return the endpoint that draws the form of an action."""

    def requested(request: Request, viewer: Annotated[Viewer, Depends(host.access.reader)]) -> Response:
        def answer(visit: Visit) -> Response:
            action, model = _allowed(visit)
            return _form(visit, action, model)

        return answered(host, request, viewer, answer)

    return requested


def done(host: Host) -> Callable[..., Response]:
    """Return the endpoint that does what a form asks, once, if it is of this session and still true.

    A form that is refused is drawn again, with what was typed.
    """

    def sent(
        request: Request,
        viewer: Annotated[Viewer, Depends(host.access.reader)],
        fields: Annotated[dict[str, str], Depends(_fields)],
    ) -> Response:
        def answer(visit: Visit) -> Response:
            action, model = _allowed(visit)
            session = f"{viewer.session}/{request.cookies.get(COOKIE, '')}"
            refuse_forged(
                request, host.secret, session, f"{action.name} {model}", fields.get("token", ""), host.origins
            )
            try:
                given = actions.read_form(fields, action, model)
                actions.refuse_untyped(visit, action, model, fields, given)
                outcome = actions.do(visit, action, model, given)
            except WindvaneError as error:
                return _again(visit, action, model, fields, error)
            data = Done(model=model, message=outcome.message, run=outcome.run, done=outcome.done, version=given.version)
            title = "Done" if outcome.done else "Handed over"
            return HTMLResponse(drawn(visit, Page(title, "done.html", data, _crumbs(visit, model))))

        return answered(host, request, viewer, answer)

    return sent


def _again(visit: Visit, action: Action, model: str, fields: Mapping[str, str], error: WindvaneError) -> Response:
    """Return the form once more: what was wrong with it, what was typed, and what is true now.

    Where there is nothing to fill in any more, it is the error's page, which keeps the reason that was typed.
    """
    with visit.stores.registry.read() as moment:  # what was true when the form was sent may not be true any more
        now = replace(visit, moment=moment)
        try:
            if actions.fits(now, action, model, fields.get("version", "")):
                return _form(now, action, model, fields, error)
        except WindvaneError:
            log.info("the form of %s of %s is not drawn again", action.name, model)
    return failed(visit.host, visit.request, error, typed=fields.get("reason", ""))


def _form(
    visit: Visit, action: Action, model: str, typed: Mapping[str, str] | None = None, error: WindvaneError | None = None
) -> Response:
    """Return the form of an action, signed for this browser."""
    proposal = actions.propose(visit, action, model, (typed or {}).get("version", ""))
    cookie = visit.request.cookies.get(COOKIE) or secrets.token_urlsafe(18)
    token = sign(visit.host.secret, f"{visit.viewer.session}/{cookie}", f"{action.name} {model}")
    shown = {"token": token, "action": action, "typed": typed or {}, "error": error, "typed_field": actions.TYPED}
    shown["problem"] = title_of(error) if error else ""
    page = Page(proposal.title, "act.html", proposal, _crumbs(visit, model), drawn=shown)
    response = HTMLResponse(drawn(visit, page), status_of(error) if error else 200)
    root = str(visit.request.scope.get("root_path", "")) or "/"
    secure = visit.request.url.scheme == "https"
    response.set_cookie(COOKIE, cookie, path=root, httponly=True, samesite="strict", secure=secure)
    return response


async def _fields(request: Request) -> dict[str, str]:
    """Return the fields of a form, of which none is long."""
    body = b""
    async for part in request.stream():
        body += part
        if len(body) > LONGEST_FORM:
            raise HTTPException(413, "too long")
    try:
        return dict(parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True, max_num_fields=20))
    except ValueError:
        raise HTTPException(400, "too many fields") from None


def _allowed(visit: Visit) -> tuple[Action, str]:
    """Return the action and the model of an address, once the viewer may do that to it."""
    action = action_of(visit.request.path_params["action"])
    model = visit.see(visit.request.path_params["model"])
    if not visit.may(action, model):
        raise NotAllowed(f"{visit.viewer.name} may not {action.name} {model}", "ask who administers Airflow")
    return action, model


def _crumbs(visit: Visit, model: str) -> list[tuple[str, str]]:
    return [("Models", visit.url()), (model, visit.model_url(model))]
