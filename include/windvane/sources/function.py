"""Rows from a function of the user's own."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from windvane.spec.base import checked_path
from windvane.spec.source import Source, SourceKind

if TYPE_CHECKING:
    from windvane.spec import Model
    from windvane.windows import Window


class CallableSource(SourceKind):
    """Rows from a function `(start, end) -> DataFrame`, or one that yields pieces of a window."""

    name: ClassVar[str] = "callable"

    @classmethod
    def check(cls, source: Source) -> None:
        """Refuse what is no import path."""
        checked_path(source.path)

    @classmethod
    def code(cls, source: Source) -> str | None:
        """Return the function's import path."""
        return source.path

    @classmethod
    def read(cls, model: Model, window: Window, base: Path, connections: Any) -> Iterator[Any]:  # noqa: ARG003 (the kind's signature)
        """Yield what the function returns: a frame, or pieces of one; see `SourceKind.read`."""
        import pandas as pd

        from windvane.errors import SourceFailed, WindvaneError
        from windvane.stores.code import resolve

        path = model.source.path
        function = resolve(path)
        try:
            returned = function(window.start, window.end)
            for frame in returned if isinstance(returned, Iterator) else [returned]:
                if not isinstance(frame, pd.DataFrame):
                    cause = f"{model.name} {window}: source {path} returned a {type(frame).__name__}, no DataFrame"
                    raise SourceFailed(cause, "return a pandas DataFrame, one row an entity, or yield pieces of one")
                yield frame
        except WindvaneError:
            raise
        except Exception as error:  # a user's function may raise anything
            cause = f"{model.name} {window}: source {path} raised {type(error).__name__}: {error}"
            remedy = f"mend it; it was called with start={window.start}, end={window.end}"
            raise SourceFailed(cause, remedy) from error
