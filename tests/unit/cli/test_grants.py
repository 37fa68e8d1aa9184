"""`windvane grants` prints what the owner of a registry on PostgreSQL runs."""

from __future__ import annotations

import pytest

from tests.unit.cli.conftest import Command


def test_the_verb_prints_what_the_owner_runs(windvane: Command) -> None:
    found = windvane("grants", "--scorer", "scores", "--reader", "eyes")
    assert found.out.startswith("BEGIN;\nREVOKE ALL")
    assert 'GRANT SELECT ON "public"."promotions" TO "scores";' in found.out
    assert found.out.endswith("COMMIT;\n")


@pytest.mark.parametrize("given", [(), ("--scorer", "a", "--reader", "a")], ids=["none", "twice"])
def test_roles_that_nobody_named_or_named_twice_are_refused(windvane: Command, given: tuple[str, ...]) -> None:
    found = windvane("grants", *given)
    assert found.code != 0
    assert "role is named" in found.err
