"""Which node of a stored model may name what: nothing is called while it is loaded but the types of containers.

skops holds every name against one list, whatever the node does with it. A list or a loss that names a function calls
it, with arguments of the file's choice. So each kind of node is held against the names that its writer gives it.
"""

from __future__ import annotations

import importlib
from collections.abc import Collection, Iterable
from typing import Any

from windvane.stores.model_archive import damaged
from windvane.stores.trusted import FUNCTIONS, TRUSTED

_NAMES: dict[str, frozenset[str]] = {
    "DefaultDictNode": frozenset({"collections.defaultdict"}),
    "DictNode": frozenset({"builtins.dict", "collections.OrderedDict", "sklearn.utils._bunch.Bunch"}),
    "JsonNode": frozenset({"builtins.str"}),
    "ListNode": frozenset({"builtins.list"}),
    "PartialNode": frozenset({"functools.partial"}),
    "SetNode": frozenset({"builtins.set"}),
    "SliceNode": frozenset({"builtins.slice"}),
    "TreeNode": frozenset({"sklearn.tree._tree.Tree"}),
    "TupleNode": frozenset({"builtins.tuple", "sklearn.impute._iterative._ImputerTriplet"}),
}
"""Nodes that call what they name, and what each may name."""
_CALLERS = ("ConstructorFromReduceNode", "LossNode", "MethodNode", "OperatorFuncNode")
"""Nodes that call or bind a name with arguments of the file: for compiled losses, which skops lists itself, and for
types that the spec lists."""


def refuse_calls(nodes: Iterable[dict[str, Any]], trusted: Collection[str] = ()) -> None:
    """Refuse a schema with a node that names what it may not.

    Args:
        nodes: All nodes of the schema.
        trusted: Names of further types that the spec allows.

    Raises:
        CorruptArtifact: One does; the message names both.
    """
    for node in nodes:
        loader, name = node["__loader__"], f"{node.get('__module__')}.{node.get('__class__')}"
        if not (_own_may(loader, name) if name in trusted and name not in TRUSTED else _may(loader, name)):
            raise damaged(f"holds a {loader} that names {name!r:.120}, which such a node may not")
        if loader == "DictNode":
            _check_keys(node, trusted)


def _may(loader: str, name: str) -> bool:
    """Return whether a node may name something; what is on no list at all is left to skops, which refuses it."""
    if name not in TRUSTED:
        return True
    if loader in _NAMES:
        return name in _NAMES[loader]
    if loader == "FunctionNode":
        return name in FUNCTIONS
    return loader not in _CALLERS and name not in FUNCTIONS


def _own_may(loader: str, name: str) -> bool:
    """A name that the spec lists: a node that calls it must find a class there."""
    if loader == "FunctionNode":
        return True
    module, _, kind = name.rpartition(".")
    try:
        return isinstance(getattr(importlib.import_module(module), kind), type)
    except AttributeError:
        return False


def _check_keys(node: dict[str, Any], trusted: Collection[str]) -> None:
    """The keys of a mapping are made by calling their types."""
    kinds = node.get("key_types")
    content = kinds.get("content") if isinstance(kinds, dict) else None
    if not isinstance(content, list) or len(content) < len(node.get("content", ())):
        raise damaged("holds a mapping without the types of its keys")
    for kind in content:
        kind = kind if isinstance(kind, dict) else {}  # noqa: PLW2901 (what is none has no name)
        name = f"{kind.get('__module__')}.{kind.get('__class__')}"
        if kind.get("__loader__") != "TypeNode" or name in TRUSTED or name in trusted:
            raise damaged(f"holds a mapping whose keys are {name!r:.120}")
