"""The open list of pages: a page is a module of its own, with a function that builds it and the template it names."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from windvane.open_list import OpenList
from windvane.results import Record
from windvane.web.visit import Page

Build = Callable[..., Page]

_LATE = 100
"""Tabs of other packages come after Windvane's own."""


@dataclass(frozen=True)
class WebPage:
    """How a page is reached.

    Args:
        path: Its address, such as `/models/{model}/versions/{number}`; its facts are at the same one below `/api`.
        answers: The record that its facts are.
        tab: Its name among the tabs at the top; empty: other pages link to it.
        order: Where its tab stands.
    """

    path: str
    answers: type[Record]
    tab: str = ""
    order: int = _LATE

    def __post_init__(self) -> None:
        if not self.path.startswith("/"):
            raise ValueError(f"the address of a page begins with '/': {self.path!r}")
        if self.tab and "{" in self.path:
            raise ValueError(f"a page with a tab has an address without parameters: {self.path!r}")


def page(path: str, answers: type[Record], *, tab: str = "", order: int = _LATE) -> Callable[[Build], Build]:
    """Make `function(visit, **parameters of the path) -> Page` a page; see `WebPage`.

    The function's module is one that an entry point of `windvane.pages` names. The template that the page names lies
    in the folder `templates` of the package of that module.
    """
    known = WebPage(path, answers, tab, order)

    def mark(build: Build) -> Build:
        build.__dict__["web_page"] = known
        return build

    return mark


def about(build: Build) -> WebPage:
    """Return how a page is reached."""
    known: WebPage = build.__dict__["web_page"]
    return known


def is_own(build: Build) -> bool:
    """Return whether Windvane brings a page itself."""
    return build.__module__.partition(".")[0] == "windvane"


def _path_of(item: Any) -> str | None:
    known = getattr(item, "web_page", None) if callable(item) else None
    return known.path if isinstance(known, WebPage) else None


PAGES: OpenList[Build] = OpenList("windvane.pages", "page", _path_of, "windvane.web.pages")
"""Every page that an installed package brings, by its address."""
