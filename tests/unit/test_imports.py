"""The import graph of the package, with what functions import: no module leads back to itself."""

from __future__ import annotations

import grimp
import pytest


def circles(graph: dict[str, set[str]]) -> list[list[str]]:
    """Return the groups of modules that can reach each other: what is left when leaves and roots are taken off."""
    left = {name: set(targets) for name, targets in graph.items()}
    while free := [name for name, targets in left.items() if not targets & left.keys()]:
        for name in free:
            del left[name]
    return [sorted(left)] if left else []


@pytest.fixture(scope="module")
def imports() -> dict[str, set[str]]:
    graph = grimp.build_graph("windvane", exclude_type_checking_imports=True)
    return {name: graph.find_modules_directly_imported_by(name) for name in graph.modules}


def test_modules_that_import_each_other_are_found() -> None:
    assert circles({"a": {"b"}, "b": {"c"}, "c": {"b"}, "d": {"a"}}) == [["a", "b", "c", "d"]]
    assert circles({"a": {"b"}, "b": set()}) == []


def test_no_module_imports_itself_through_others(imports: dict[str, set[str]]) -> None:
    assert len(imports) > 100
    assert circles(imports) == []


def test_the_parts_of_the_registry_do_not_build_on_each_other() -> None:
    """A part may use functions over another one's rows; none is made of another one."""
    from windvane.stores.sql.part import Part

    for kind in Part.__subclasses__():
        assert kind.__bases__ == (Part,)
        assert not kind.__subclasses__()


def test_nothing_outside_the_stores_knows_which_database_it_is(imports: dict[str, set[str]]) -> None:
    reaching = {
        name: {target for target in targets if target.startswith("windvane.stores.sql")}
        for name, targets in imports.items()
        if not name.startswith("windvane.stores")
    }
    assert {name: found for name, found in reaching.items() if found} == {}
