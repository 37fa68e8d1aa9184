"""The page of every declared class, made from the classes: `python -m windvane.spec.reference > docs/reference.md`."""

from __future__ import annotations

import ast
import inspect
import sys
import textwrap
from collections.abc import Collection, Iterator
from types import UnionType
from typing import Any, Final

from pydantic import BaseModel
from pydantic_core import PydanticUndefined

from windvane.errors import WindvaneError
from windvane.spec.reference_entries import ENTRIES, Entry
from windvane.spec.rules import RULES

HEAD: Final = """# Reference of a declaration

This page is made from the classes themselves (`python -m windvane.spec.reference > docs/reference.md`). A test fails
when it is stale, and runs every example.

A declaration is frozen. An unknown field, or a value that cannot be, raises `SpecError`: it names every mistake at
once, with the nearest match. `windvane check` tells the same of all files.

Durations are texts such as `36h`, `7d` or `2 weeks`. A share lies between 0 and 1. Whatever has another unit says so.
"""
RULES_PAGE: Final = "rules"
_RULES: Final = """A rule of a gate is built by its kind's name, such as `rule.size(5)`. [The gate](LINK) says when to
use which. All kinds have `inconclusive`, `'reject'` or `'needs_approval'`: what follows when the evidence is too thin.
"""


def page() -> str:
    """Return the whole page."""
    return HEAD + "".join(f"\n{part}" for entry in ENTRIES for part in _class(entry)) + f"\n{rules_page(2)}"


def page_of(entry: Entry) -> str:
    """Return the page of one class."""
    return "\n".join(_class(entry)).replace("## ", "# ", 1)


def rules_page(level: int = 1) -> str:
    """Return the page of the gate's rules: every kind, its fields, and what it does.

    Args:
        level: Of its heading.
    """
    link = "gate.md" if level > 1 else "../gate.md"
    parts = [f"{'#' * level} Rules\n\n{_RULES.replace('LINK', link)}"]
    for name, kind in sorted(RULES.items().items()):
        parts.append(
            f"{'#' * (level + 1)} {name}\n\n{_first(kind.__doc__)}\n\n{_fields(kind, ('kind', 'inconclusive'))}"
        )
    return "\n".join(parts)


def refusal(entry: Entry) -> str:
    """Return what the mistake of an entry says.

    Raises:
        AssertionError: It is no mistake.
    """
    names: dict[str, object] = {}
    exec(compile(entry.example, entry.kind.__name__, "exec"), names)  # noqa: S102 (the page's own text)
    try:
        exec(compile(entry.wrong, entry.kind.__name__, "exec"), names)  # noqa: S102 (the page's own text)
    except WindvaneError as error:
        return f"{error.name}: {error.cause}"
    raise AssertionError(f"{entry.wrong} is not refused")


def _class(entry: Entry) -> Iterator[str]:
    kind = entry.kind
    yield f"## {kind.__name__}\n"
    yield f"{inspect.cleandoc(kind.__doc__ or '')}\n"
    yield f"```python\n{entry.example}\n```\n"
    yield _fields(kind)
    made = list(_makers(kind))
    if made:
        yield "Build it with:\n"
        yield "\n".join(["| call | gives |", "|---|---|", *made]) + "\n"
    said = textwrap.fill(refusal(entry), 110, subsequent_indent="  ", break_long_words=False, break_on_hyphens=False)
    yield "A mistake, and what it says:\n"
    yield f"```python\n{entry.wrong}\n```\n"
    yield f"```text\n{said}\n```\n"


def _first(text: str | None) -> str:
    return inspect.cleandoc(text or "").split("\n\n")[0]


def _fields(kind: type[BaseModel], without: Collection[str] = ()) -> str:
    bases = [base for base in reversed(kind.__mro__) if base is not BaseModel and issubclass(base, BaseModel)]
    said = {name: text for base in bases for name, text in told(base).items()}
    rows = ["| field | type | default | means |", "|---|---|---|---|"]
    for name, field in kind.model_fields.items():
        if name in without:
            continue
        means = " ".join((said.get(name) or "").split())
        rows.append(f"| `{name}` | {_type(field)} | {_default(field)} | {_cell(means)} |")
    return "\n".join(rows) + "\n" if len(rows) > 2 else "It has no fields.\n"


def _makers(kind: type[BaseModel]) -> Iterator[str]:
    """Yield the calls that build a class, by its own class methods."""
    for name, method in vars(kind).items():
        if name.startswith("_") or not isinstance(method, classmethod) or name in ("stored", "from_stored"):
            continue
        function = method.__func__
        returned = str(inspect.signature(function).return_annotation)
        if returned not in (kind.__name__, "Self") or not function.__doc__:
            continue
        first = " ".join(inspect.cleandoc(function.__doc__).split("\n\n")[0].split())
        parameters = [one for one in inspect.signature(function).parameters if one not in ("cls", "reading")]
        yield f"| `{kind.__name__}.{name}({', '.join(parameters)})` | {_cell(first)} |"


def told(kind: type[BaseModel]) -> dict[str, str]:
    """Return what is written below each field in the source."""
    body = ast.parse(textwrap.dedent(inspect.getsource(kind))).body[0]
    assert isinstance(body, ast.ClassDef)
    found: dict[str, str] = {}
    for field, text in zip(body.body, body.body[1:], strict=False):
        said = isinstance(text, ast.Expr) and isinstance(text.value, ast.Constant)
        if isinstance(field, ast.AnnAssign) and isinstance(field.target, ast.Name) and said:
            found[field.target.id] = str(text.value.value)  # type: ignore[attr-defined]  # `said` looked at it
    return found


def _type(field: Any) -> str:
    text = _named(field.annotation)
    bounds = {"ge": "≥", "gt": ">", "le": "≤", "lt": "<", "min_length": "length ≥"}
    limits = [
        f"{sign} {getattr(item, name):,}"
        for item in field.metadata
        for name, sign in bounds.items()
        if getattr(item, name, None) is not None
    ]
    return _cell(f"`{text}`" + (f", {', '.join(limits)}" if limits else ""))


def _named(kind: Any) -> str:
    arguments = getattr(kind, "__args__", ())
    origin = getattr(kind, "__origin__", None)
    if kind is type(None):
        return "None"
    if isinstance(kind, UnionType) or str(origin) == "typing.Union":
        return " | ".join(_named(one) for one in arguments)
    if str(origin) == "typing.Literal":
        return " | ".join(repr(one) for one in arguments)
    if origin is not None and hasattr(kind, "__metadata__"):
        return _named(origin)
    if origin is not None and arguments:
        inner = ", ".join("…" if one is Ellipsis else _named(one) for one in arguments)
        return f"{origin.__name__}[{inner}]"
    return str(getattr(kind, "__name__", kind))


def _default(field: Any) -> str:
    if field.default_factory is not None:
        value = field.default_factory()
        empty = not value if isinstance(value, dict | tuple) else False
        return "`{}`" if empty and isinstance(value, dict) else f"`{type(value).__name__}()`" if not empty else "`()`"
    if field.default is PydanticUndefined:
        return "required"
    return _cell(f"`{field.default!r}`")


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


if __name__ == "__main__":
    sys.stdout.write(page())
