"""The lines of models, kept from one visit to the next: those of which nothing changed are not read again."""

from __future__ import annotations

from collections.abc import Collection

from windvane.stores.pages import MOST_COUNTED, ModelLine, Moment, Query


class KeptLines:
    """Lines of models, each for as long as the model's audit log has the same end.

    Every change of a model appends an event, in the transaction of the change, and its hash is of all events before.
    So a line that was read beside a hash is the line of every moment with that hash. Visits at once may both read
    one: which of the two is kept does not matter.
    """

    def __init__(self) -> None:
        self._lines: dict[str, ModelLine] = {}

    def of(self, moment: Moment, among: Collection[str] | None = None) -> list[ModelLine]:
        """Return the lines of all models, or of some, at a moment, sorted by model."""
        ends = moment.ends(among)
        found = {name: line for name, end in ends.items() if (line := self._line(name, end)) is not None}
        changed = None if not found and among is None else [name for name in ends if name not in found]
        if changed is None or changed:
            read = {line.model: line for line in moment.models(Query(limit=MOST_COUNTED), among=changed).rows}
            self._lines |= read
            found |= read
        return [found[name] for name in ends]

    def _line(self, name: str, end: str) -> ModelLine | None:
        line = self._lines.get(name)
        return line if line is not None and line.audit_hash == end else None
