"""Rows from a function of the user's own."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from windvane.spec.base import checked_path, unknown
from windvane.spec.source import Source, SourceKind

if TYPE_CHECKING:
    from windvane.spec import Model
    from windvane.windows import Window


class CallableSource(SourceKind):
    """Rows from a function `(start, end) -> DataFrame`, or one that yields pieces of a window.

    With the option `as_of` it is called `(start, end, as_of=moment)`.
    """

    name: ClassVar[str] = "callable"

    @classmethod
    def check(cls, source: Source) -> None:
        """Refuse what is no import path, and options of others."""
        checked_path(source.path)
        for name, value in source.options.items():
            if name != "as_of":
                raise ValueError(f"callable: {unknown(f'option {name!r}', name, ['as_of'])}")
            if not isinstance(value, bool):
                raise ValueError(f"callable: as_of is True or False, not {value!r:.60}")

    @classmethod
    def code(cls, source: Source) -> str | None:
        """Return the function's import path."""
        return source.path

    @classmethod
    def read(cls, model: Model, window: Window, base: Path, connections: Any) -> Iterator[Any]:
        """Yield what the function returns now: a frame, or pieces of one; see `SourceKind.read`."""
        yield from cls.read_as_of(model, window, base, connections, None)

    @classmethod
    def read_as_of(
        cls, model: Model, window: Window, base: Path, connections: Any, as_of: datetime | None  # noqa: ARG003 (the kind's signature)
    ) -> Iterator[Any]:  # fmt: skip
        """Yield what the function returns as of a moment; see `SourceKind.read_as_of`."""
        import pandas as pd

        from windvane.errors import SourceFailed, WindvaneError
        from windvane.stores.code import resolve

        path = model.source.path
        function = resolve(path)
        given = {"as_of": as_of or datetime.now(UTC)} if model.source.options.get("as_of") else {}
        try:
            returned = function(window.start, window.end, **given)
            for frame in returned if isinstance(returned, Iterator) else [returned]:
                if not isinstance(frame, pd.DataFrame):
                    cause = f"{model.name} {window}: source {path} returned a {type(frame).__name__}, no DataFrame"
                    raise SourceFailed(cause, "return a pandas DataFrame, one row an entity, or yield pieces of one")
                yield frame
        except WindvaneError:
            raise
        except Exception as error:  # a user's function may raise anything
            cause = f"{model.name} {window}: source {path} raised {type(error).__name__}: {error}"
            called = {"start": window.start, "end": window.end, **given}
            remedy = f"mend it; it was called with {', '.join(f'{name}={value}' for name, value in called.items())}"
            raise SourceFailed(cause, remedy) from error
