"""`windvane grants` prints what the owner of a registry on PostgreSQL runs."""

from __future__ import annotations

import json

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


def test_the_policy_of_a_bucket_is_what_iam_takes(windvane: Command) -> None:
    found = windvane("--artifacts", "s3://lake/windvane", "grants", "--policy", "reader")
    document = json.loads(found.out)
    (objects,) = (one for one in document["Statement"] if one["Sid"] == "Objects")
    assert objects["Action"] == ["s3:GetObject"]
    assert objects["Resource"] == ["arn:aws:s3:::lake/windvane/*"]


@pytest.mark.parametrize(
    ("given", "told"),
    [
        (("--artifacts", "somewhere", "grants", "--policy", "reader"), "only buckets have policies"),
        (("--artifacts", "s3://b", "grants", "--policy", "reader", "--reader", "eyes"), "run the verb once for each"),
    ],
    ids=["a folder", "both"],
)
def test_a_policy_that_cannot_be_given_is_refused(windvane: Command, given: tuple[str, ...], told: str) -> None:
    found = windvane(*given)
    assert found.code != 0
    assert told in found.err
