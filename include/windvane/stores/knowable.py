"""Whether all that a function's answer depends on can be told: its code, the files it reads, and the variables.

What a function reads while it runs is recorded (`windvane.stores.recorded`). The rest must be seen in its source: the
clock, chance, databases, networks, other processes, other libraries, and what a module keeps between two calls. The
source is looked through by name. What may be harmful is taken as harmful: nothing depends on it but time.
"""

from __future__ import annotations

import ast
import builtins
from collections.abc import Iterable, Iterator, Mapping
from typing import Final

_PLAIN: Final = {
    *("__future__", "abc", "ast", "bisect", "builtins", "bz2", "calendar", "codecs", "collections", "configparser"),
    *("contextlib", "copy", "csv", "dataclasses", "datetime", "decimal", "enum", "fnmatch", "fractions", "functools"),
    *("glob", "great_expectations", "gzip", "hashlib", "heapq", "importlib.resources", "io", "itertools", "json"),
    *("keyword", "logging", "lzma", "math", "numbers", "numpy", "operator", "os", "pandas", "pathlib", "pprint", "re"),
    *("sklearn", "statistics", "string", "textwrap", "tomllib", "types", "typing", "typing_extensions", "unicodedata"),
    *("windvane", "yaml"),
}
"""Libraries whose answers follow from their arguments and from what is recorded: files, folders, variables."""
_TOLD_NOTHING: Final = {
    **dict.fromkeys(("now", "today", "utcnow", "localtime", "gmtime"), "the clock"),
    **dict.fromkeys(("random", "default_rng", "urandom", "getrandom", "sample", "shuffle"), "chance"),
    **dict.fromkeys(("st_mtime", "st_ctime", "st_atime", "st_size", "st_mtime_ns", "st_ino"), "a file's dates or size"),
    **dict.fromkeys(
        ("getmtime", "getctime", "getatime", "getsize", "stat", "lstat", "fstat"), "a file's dates or size"
    ),
    **dict.fromkeys(("environb", "getenvb", "argv", "getpid", "getppid", "getuid", "getlogin", "uname"), "its process"),
    **dict.fromkeys(("cpu_count", "times", "getloadavg", "putenv", "system", "popen"), "its process"),
    **dict.fromkeys(("cache", "lru_cache", "cached_property"), "answers kept from an earlier call"),
    **dict.fromkeys(("read_sql", "read_sql_query", "read_sql_table", "read_gbq", "read_clipboard"), "a database"),
    **dict.fromkeys(("read_orc", "read_feather", "read_parquet", "read_hdf"), "a file that a library opens by itself"),
    **dict.fromkeys(("get_context",), "a context of Great Expectations"),
}
_BUILT_IN: Final = dict.fromkeys(
    ("eval", "exec", "compile", "__import__", "globals", "locals", "vars", "getattr", "input", "id", "hash"),
    "what is found by a name made at run time",
)
_MADE_AT_IMPORT: Final = {
    *("frozenset", "tuple", "dict", "list", "set", "range", "sorted", "zip", "map", "enumerate", "reversed", "len"),
    *("min", "max", "sum", "abs", "round", "str", "int", "float", "bool", "bytes", "slice", "object", "type"),
    *("property", "classmethod", "staticmethod", "super"),
}
_MODULES_AT_IMPORT: Final = {
    *("abc", "collections", "dataclasses", "datetime", "decimal", "enum", "fractions", "functools", "itertools"),
    *("logging", "math", "operator", "pathlib", "re", "types", "typing", "typing_extensions"),
}
_READING: Final = {
    *("read_text", "read_bytes", "open", "iterdir", "glob", "rglob", "walk", "exists", "is_file", "is_dir", "cwd"),
    *("home", "expanduser", "environ", "getenv", "getcwd"),
}
_MUTATORS: Final = {"append", "add", "update", "extend", "insert", "clear", "remove", "discard", "appendleft", "sort"}
_KEPT_AND_GIVEN: Final = {"setdefault", "pop", "popitem"}

_Function = ast.FunctionDef | ast.AsyncFunctionDef


def untold(path: str, sources: Mapping[str, bytes]) -> str | None:
    """Return what an answer may depend on that nobody can tell; None where all of it can be told.

    Args:
        path: The function's import path.
        sources: The modules that decide what it does, by name; see `windvane.stores.code.files_of`.
    """
    trees = {name: ast.parse(source) for name, source in sources.items() if "/" not in name}
    known = {name: _imports(tree) for name, tree in trees.items()}
    own = {name.partition(".")[0] for name in trees}
    for name, tree in trees.items():
        for item in _at_import(tree.body):
            found = _at_import_untold(item, known[name], own)
            if found:
                return f"{found} (line {item.lineno} of {name}, when it is imported)"
    named, changes = _gathered(trees)
    first = path.partition(":")[2].partition(".")[0]
    if first not in named:
        return f"what {path} is made of"
    for name, node in _reached(named[first], named):
        local = _local(node)
        for part in ast.walk(node):
            found = _word_untold(part, known[name], own) or changes.read_by(part, local)
            if found:
                return f"{found} (line {getattr(part, 'lineno', 0)} of {name})"
    return None


def _gathered(trees: Mapping[str, ast.Module]) -> tuple[dict[str, list[tuple[str, ast.AST]]], _Changes]:
    """Return all functions and classes by their names, with their modules, and what functions change."""
    named: dict[str, list[tuple[str, ast.AST]]] = {}
    changes = _Changes()
    for name, tree in trees.items():
        for part in ast.walk(tree):
            if isinstance(part, _Function | ast.ClassDef):
                named.setdefault(part.name, []).append((name, part))
            if isinstance(part, _Function):
                changes.look(part)
    return named, changes


def _reached(
    first: Iterable[tuple[str, ast.AST]], named: Mapping[str, list[tuple[str, ast.AST]]]
) -> Iterator[tuple[str, ast.AST]]:
    """Yield functions and classes, and all whose names they say, directly or not."""
    waiting, seen = [*first], set[int]()
    while waiting:
        name, node = waiting.pop()
        if id(node) in seen:
            continue
        seen.add(id(node))
        yield name, node
        waiting += [one for word in _words(node) for one in named.get(word, [])]


class _Changes:
    """What functions change that outlives their calls: names of modules, and where they only change them."""

    def __init__(self) -> None:
        self._names: set[str] = set()
        self._only: set[int] = set()

    def look(self, function: ast.AST) -> None:
        """Look through a function."""
        local = _local(function)
        for part in ast.walk(function):
            if isinstance(part, ast.Global):
                self._names.update(part.names)
            elif isinstance(part, ast.Subscript | ast.Attribute) and not isinstance(part.ctx, ast.Load):
                self._add(part, local, only=False)
            elif isinstance(part, ast.Call) and isinstance(part.func, ast.Attribute):
                changed = part.func.attr in _MUTATORS | _KEPT_AND_GIVEN
                self._add(part.func.value if changed else None, local, only=part.func.attr in _MUTATORS)

    def _add(self, part: ast.AST | None, local: set[str], *, only: bool) -> None:
        while isinstance(part, ast.Attribute | ast.Subscript):
            if isinstance(part, ast.Attribute) and isinstance(part.ctx, ast.Load):
                self._names.add(part.attr)
            part = part.value
        if isinstance(part, ast.Name) and part.id not in local:
            self._names.add(part.id)
            self._only.update([id(part)] if only else [])

    def read_by(self, part: ast.AST, local: set[str]) -> str | None:
        """Return what is to be said where a part reads something that a function changes."""
        word = part.id if isinstance(part, ast.Name) else part.attr if isinstance(part, ast.Attribute) else ""
        if word not in self._names or id(part) in self._only:
            return None
        if isinstance(part, ast.Name) and word in local:
            return None
        return f"what the project keeps in {word} between two calls"


def _local(item: ast.AST) -> set[str]:
    """Return the names that are a function's own, but for the class that it is given."""
    shared = {name for part in ast.walk(item) if isinstance(part, ast.Global) for name in part.names}
    own = {part.id for part in ast.walk(item) if isinstance(part, ast.Name) and isinstance(part.ctx, ast.Store)}
    return (own | {part.arg for part in ast.walk(item) if isinstance(part, ast.arg)}) - shared - {"cls"}


def _words(item: ast.AST) -> Iterator[str]:
    for part in ast.walk(item):
        if isinstance(part, ast.Name):
            yield part.id
        elif isinstance(part, ast.Attribute):
            yield part.attr


def _imports(tree: ast.AST) -> dict[str, str]:
    """Return what each imported name is called in full; a name that is imported twice has both, by a space."""
    found: dict[str, str] = {}
    for item in ast.walk(tree):
        pairs: list[tuple[str, str]] = []
        if isinstance(item, ast.Import):
            pairs = [(alias.asname or alias.name.partition(".")[0], alias.name) for alias in item.names]
        elif isinstance(item, ast.ImportFrom) and not item.level:
            pairs = [(alias.asname or alias.name, f"{item.module}.{alias.name}") for alias in item.names]
        for name, full in pairs:
            found[name] = f"{found[name]} {full}" if name in found else full
    return found


def _foreign(full: str, own: set[str]) -> str | None:
    """Return the library of an imported name whose answers may depend on anything."""
    for one in full.split(" "):
        parts = one.split(".")
        heads = {".".join(parts[: length + 1]) for length in range(len(parts))}
        if parts[0] not in own and not heads & _PLAIN:
            return parts[0]
    return None


def _word_untold(part: ast.AST, imported: Mapping[str, str], own: set[str]) -> str | None:
    if isinstance(part, ast.Name):
        if part.id in imported:
            library = _foreign(imported[part.id], own)
            last = imported[part.id].rpartition(".")[2]
            return f"the library {library}" if library else _TOLD_NOTHING.get(last)
        return _BUILT_IN.get(part.id) if hasattr(builtins, part.id) or part.id == "__import__" else None
    if isinstance(part, ast.Attribute):
        return _TOLD_NOTHING.get(part.attr)
    if isinstance(part, ast.Constant) and part.value in ("now", "today"):
        return "the clock"
    if isinstance(part, ast.ImportFrom) and any(alias.name == "*" for alias in part.names):
        return f"all names of {part.module}"
    return None


def _root(part: ast.AST) -> str:
    """Return the name at the beginning of `a.b[c].d`; empty where it is none."""
    while isinstance(part, ast.Attribute | ast.Subscript):
        part = part.value
    return part.id if isinstance(part, ast.Name) else ""


def _at_import(body: Iterable[ast.stmt]) -> Iterator[ast.expr | ast.stmt]:
    """Yield what runs when a module is imported: no bodies of functions, and not what only type checkers see."""
    for item in body:
        if isinstance(item, _Function):
            yield from (*item.decorator_list, *item.args.defaults, *(one for one in item.args.kw_defaults if one))
        elif isinstance(item, ast.ClassDef):
            yield from (*item.decorator_list, *item.bases, *(one.value for one in item.keywords))
            yield from _at_import(item.body)
        elif isinstance(item, ast.If) and _root(item.test) in ("TYPE_CHECKING", "typing"):
            yield from _at_import(item.orelse)
        elif isinstance(item, ast.If | ast.Try):
            yield from _at_import([*item.body, *item.orelse, *getattr(item, "finalbody", ())])
            yield from ([item.test] if isinstance(item, ast.If) else [])
            for handler in getattr(item, "handlers", ()):
                yield from _at_import(handler.body)
        elif isinstance(item, ast.Assign | ast.AnnAssign):
            yield from ([item.value] if item.value is not None else [])
        elif isinstance(item, ast.Expr | ast.Import | ast.ImportFrom | ast.Pass | ast.Delete):
            yield item
        else:
            yield item


def _at_import_untold(item: ast.expr | ast.stmt, imported: Mapping[str, str], own: set[str]) -> str | None:
    if isinstance(item, ast.Import | ast.Pass):
        return None
    if isinstance(item, ast.ImportFrom):
        return _word_untold(item, imported, own)
    if not isinstance(item, ast.expr | ast.Expr):
        return f"what a {type(item).__name__.lower()} statement does"
    for part in ast.walk(item):
        if isinstance(part, ast.Attribute) and part.attr in _READING:
            return "what its module reads"
        if isinstance(part, ast.Name) and imported.get(part.id, "").rpartition(".")[2] in _READING:
            return "what its module reads"
        called = part.func if isinstance(part, ast.Call) else None
        if called is not None and not _is_harmless(called, imported):
            return "what its module calls"
        cached = isinstance(part, ast.Name | ast.Attribute) and _is_cache(part, imported)
        found = None if cached else _word_untold(part, imported, own)
        if found:
            return found
    return None


def _is_cache(part: ast.Name | ast.Attribute, imported: Mapping[str, str]) -> bool:
    """True for a decorator that keeps answers: it matters where the function is reached, and is looked at there."""
    word = part.attr if isinstance(part, ast.Attribute) else imported.get(part.id, "").rpartition(".")[2]
    return word in ("cache", "lru_cache", "cached_property")


def _is_harmless(called: ast.expr, imported: Mapping[str, str]) -> bool:
    root = _root(called)
    if root in imported:
        heads = {one.partition(".")[0] for one in imported[root].split(" ")}
        return heads <= _MODULES_AT_IMPORT
    if isinstance(called, ast.Name):
        return called.id in _MADE_AT_IMPORT
    return isinstance(called, ast.Attribute)  # a method of what was made so: its parts are looked at themselves
