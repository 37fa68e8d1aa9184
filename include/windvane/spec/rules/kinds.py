"""The open list of rules: which kinds there are, and how a spec's JSON becomes rules again."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Annotated, Any

from pydantic import BeforeValidator, ConfigDict, SerializeAsAny

from windvane.errors import KindError, SpecError, UnknownKind
from windvane.open_list import OpenList
from windvane.spec.metrics import is_known
from windvane.spec.rules.base import Rule


def _kind(item: object) -> str | None:
    """Return the kind that a class of rules declares; None for what declares none, such as a base class."""
    if not isinstance(item, type) or not issubclass(item, Rule):
        return None
    kind = item.model_fields["kind"].default
    return kind if isinstance(kind, str) else None


RULES: OpenList[type[Rule]] = OpenList("windvane.rules", "gate rule", _kind, "windvane.lifecycle.rules")
"""Every kind of rule that an installed package brings."""


class MissingRule(Rule):
    """A rule that was declared once, and that no installed package brings now.

    It shows what was declared, and judges nothing: the gate's verdict on it is inconclusive.
    """

    model_config = ConfigDict(extra="allow")

    @classmethod
    def _subject(cls, fields: dict[str, Any]) -> str:
        return f"gate rule {fields.get('kind')!r}"

    def judge(self, case: Any) -> Any:  # noqa: ARG002 (nothing can be judged)
        """Refuse: whoever judges rules says that it is inconclusive."""
        raise UnknownKind(f"gate rule {self.kind!r} is not known", "install the package that brings it")

    @property
    def label(self) -> str:
        """The kind, and every field that was stored with a value."""
        fields = self.__pydantic_extra__ or {}
        return f"{self.kind}({', '.join(f'{name}={value}' for name, value in fields.items() if value)})"


def declared(value: Any) -> Any:
    """Return the rule that a mapping with its `kind` declares; a rule as it is.

    Raises:
        UnknownKind: No installed package brings the kind.
        ValueError: A field is wrong, or there is no kind.
    """
    if not isinstance(value, Mapping):
        return value
    kind = value.get("kind")
    if not isinstance(kind, str):
        raise ValueError(f"a gate rule needs its kind, such as 'size'; got {dict(value)!r:.80}")
    try:
        return RULES.get(kind)(**value)
    except SpecError as error:
        raise ValueError(f"{error.subject}: {'; '.join(error.problems)}") from None


def stored(value: Any, own: Collection[str] = ()) -> Any:
    """Return the rule of a stored spec, with a `MissingRule` in place of each whose package is gone.

    Args:
        value: The rule as it is kept.
        own: Names of the model's own metrics; a rule on another one that no package brings is missing too.
    """
    if not isinstance(value, Mapping):
        return value
    parts = value.get("rules")
    if isinstance(parts, list | tuple):
        value = {**value, "rules": tuple(stored(part, own) for part in parts)}
    metric = value.get("metric")
    if isinstance(metric, str) and metric not in own and not is_known(metric):
        return MissingRule(**value)
    try:
        return declared(value)
    except KindError:
        return MissingRule(**value)


AnyRule = Annotated[SerializeAsAny[Rule], BeforeValidator(declared)]
"""A rule of any kind of the list, written to JSON with all fields of its own class."""
