"""Tell whether an import path leads anywhere, by reading source files: nothing is imported, so nothing is slow."""

from __future__ import annotations

import ast
import pkgutil
import sys
import tokenize
from collections.abc import Iterable, Iterator, Sequence
from importlib.machinery import ModuleSpec
from pathlib import Path

from windvane.errors import nearest


def broken(path: str, roots: Sequence[Path]) -> str | None:
    """Return what is wrong with an import path `package.module:name`, or None when it leads to something.

    A module that is compiled, or that makes its names when they are asked for, gets the benefit of the doubt.

    Args:
        path: An import path of the right form.
        roots: Folders looked at before `sys.path`, and searched for the nearest match.
    """
    module, _, name = path.partition(":")
    found = _module(module, roots)
    if isinstance(found, str):
        return f"{path!r}: {found}"
    if found.origin is None or not found.origin.endswith(".py"):
        return None if found.origin else f"{path!r}: {module} is a folder without an __init__.py"
    try:
        names = _names(Path(found.origin))
    except SyntaxError as error:
        return f"{path!r}: {found.origin}, line {error.lineno}: {error.msg}"
    except (OSError, UnicodeDecodeError) as error:
        return f"{path!r}: {found.origin} cannot be read: {error}"
    first = name.partition(".")[0]
    if names is None or first in names:
        return None
    public = [known for known in names if not known.startswith("_")]
    return f"{path!r}: module {module} has no {first!r}{nearest(first, public)}"


def lacks_argument(path: str, argument: str, roots: Sequence[Path]) -> bool:
    """Return whether an import path leads to a function whose source shows that it takes no such argument.

    What is no plain function of a Python file gets the benefit of the doubt.

    Args:
        path: An import path of the right form.
        argument: The name of an argument.
        roots: Folders looked at before `sys.path`.
    """
    module, _, name = path.partition(":")
    found = _module(module, roots)
    if isinstance(found, str) or not (found.origin or "").endswith(".py"):
        return False
    with tokenize.open(str(found.origin)) as file:
        body = ast.parse(file.read()).body
    functions = [one for one in body if isinstance(one, ast.FunctionDef) and one.name == name]
    return any(
        not one.decorator_list
        and one.args.kwarg is None
        and argument not in {item.arg for item in (*one.args.args, *one.args.kwonlyargs)}
        for one in functions
    )


def _module(module: str, roots: Sequence[Path]) -> ModuleSpec | str:
    """Return where a module would be loaded from, or what is missing."""
    locations: list[str] | None = None
    found: ModuleSpec | None = None
    walked: list[str] = []
    for part in module.split("."):
        package = ".".join(walked)
        walked.append(part)
        if found is not None and locations is None:
            return f"{package} is a module, not a package"
        found = _find(".".join(walked), [str(root) for root in roots] if locations is None else locations)
        if found is None and locations is None:
            found = _find(".".join(walked), None)
        if found is None:
            beside = pkgutil.iter_modules([str(root) for root in roots] if locations is None else locations)
            known = nearest(part, {item.name for item in beside})
            return f"no module {part!r} in {package}{known}" if package else f"no module {part!r}{known}"
        inside = found.submodule_search_locations
        locations = None if inside is None else list(inside)
    assert found is not None
    return found


def _find(name: str, locations: Sequence[str] | None) -> ModuleSpec | None:
    """Ask the import system's own finders, which look without loading."""
    for finder in sys.meta_path:
        found = finder.find_spec(name, locations)
        if found is not None:
            return found
    return None


def _names(source: Path) -> set[str] | None:
    """Return the names a module binds at its top level; None when it can make others when asked."""
    with tokenize.open(source) as file:
        bound = set(_bound(ast.parse(file.read()).body))
    submodules = {item.name for item in pkgutil.iter_modules([str(source.parent)])}
    return None if bound & {"*", "__getattr__"} else bound | (submodules if source.stem == "__init__" else set())


def _bound(body: Iterable[ast.stmt]) -> Iterator[str]:
    for statement in body:
        if isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            yield statement.name
        elif isinstance(statement, ast.Import | ast.ImportFrom):
            for alias in statement.names:
                yield alias.asname or alias.name.partition(".")[0]
        else:
            for target in _targets(statement):
                yield from (node.id for node in ast.walk(target) if isinstance(node, ast.Name))
            for name in ("body", "orelse", "finalbody"):
                yield from _bound(getattr(statement, name, []))
            for handler in getattr(statement, "handlers", []):
                yield from _bound(handler.body)


def _targets(statement: ast.stmt) -> list[ast.expr]:
    if isinstance(statement, ast.Assign):
        return statement.targets
    if isinstance(statement, ast.AnnAssign):
        return [statement.target] if statement.value is not None else []
    return []
