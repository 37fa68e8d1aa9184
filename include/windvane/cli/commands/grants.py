"""`windvane grants`: what gives roles of PostgreSQL, or of a bucket, no more rights than their work needs."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from windvane.cli.commanding import command
from windvane.cli.home import Home
from windvane.cli.output import Answer, Raw
from windvane.errors import IllegalMove

if TYPE_CHECKING:
    from windvane.stores.grants import Role, StoreRole


def _role(name: str, may: str) -> Any:
    return typer.Option(f"--{name}", metavar="ROLE", help=f"A role of the database that {may}.")


_POLICY = typer.Option(
    "--policy",
    metavar="writer|reader|keeper",
    help="Print the S3 policy for the bucket of the artifacts instead: of who writes, reads, or sweeps and erases.",
)


@command(order=206)
def grants(
    home: Home,
    writer: Annotated[str, _role("writer", "does what tasks, people and the pages do")] = "",
    scorer: Annotated[str, _role("scorer", "scores and publishes, and can promote nothing")] = "",
    reader: Annotated[str, _role("reader", "reads")] = "",
    schema: Annotated[str, typer.Option("--schema", metavar="NAME", help="Where the tables are.")] = "public",
    policy: Annotated[Literal["writer", "reader", "keeper"] | None, _POLICY] = None,
) -> Answer:
    """Print the SQL that gives roles of PostgreSQL just the rights that their work needs.

    The owner of the registry's tables runs it, after windvane init-registry and after each upgrade:
    windvane grants --scorer ROLE | psql DATABASE. The roles must exist. Nothing else can change a table or a guard.
    --policy prints the policy that IAM takes for the bucket that --artifacts or WINDVANE_ARTIFACTS names.
    """
    from windvane.stores.grants import grants as statements

    if policy is not None:
        if writer or scorer or reader:
            raise IllegalMove("SQL and a policy were asked for", "run the verb once for each")
        return _policy(policy, home.artifacts or os.environ.get("WINDVANE_ARTIFACTS", ""))

    named: dict[Role, str] = {"writer": writer, "scorer": scorer, "reader": reader}
    given = {role: name for role, name in named.items() if name}
    if not given:
        raise IllegalMove("no role is named", "name one: --writer, --scorer or --reader")
    if len(set(given.values())) < len(given):
        raise IllegalMove("one role is named for two kinds of work", "give each kind a role of its own")
    sql = [statement for role, name in given.items() for statement in statements(role, name, schema)]
    text = "".join(f"{statement};\n" for statement in ("BEGIN", *sql, "COMMIT"))
    return Answer({"sql": sql}, [Raw(text)])


def _policy(role: StoreRole, place: str) -> Answer:
    from windvane.stores.grants import store_policy

    document = store_policy(role, place)
    return Answer(document, [Raw(json.dumps(document, indent=2) + "\n")])
