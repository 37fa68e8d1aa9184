"""`windvane grants`: the SQL that gives PostgreSQL's roles no more rights than their work needs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from windvane.cli.commanding import command
from windvane.cli.home import Home
from windvane.cli.output import Answer, Raw
from windvane.errors import IllegalMove

if TYPE_CHECKING:
    from windvane.stores.grants import Role


def _role(name: str, may: str) -> Any:
    return typer.Option(f"--{name}", metavar="ROLE", help=f"A role of the database that {may}.")


@command(order=206)
def grants(
    home: Home,  # noqa: ARG001 (every verb has it)
    writer: Annotated[str, _role("writer", "does what tasks, people and the pages do")] = "",
    scorer: Annotated[str, _role("scorer", "scores and publishes, and can promote nothing")] = "",
    reader: Annotated[str, _role("reader", "reads")] = "",
    schema: Annotated[str, typer.Option("--schema", metavar="NAME", help="Where the tables are.")] = "public",
) -> Answer:
    """Print the SQL that gives roles of PostgreSQL just the rights that their work needs.

    The owner of the registry's tables runs it, after windvane init-registry and after each upgrade:
    windvane grants --scorer ROLE | psql DATABASE. The roles must exist. Nothing else can change a table or a guard.
    """
    from windvane.stores.grants import grants as statements

    named: dict[Role, str] = {"writer": writer, "scorer": scorer, "reader": reader}
    given = {role: name for role, name in named.items() if name}
    if not given:
        raise IllegalMove("no role is named", "name one: --writer, --scorer or --reader")
    if len(set(given.values())) < len(given):
        raise IllegalMove("one role is named for two kinds of work", "give each kind a role of its own")
    sql = [statement for role, name in given.items() for statement in statements(role, name, schema)]
    text = "".join(f"{statement};\n" for statement in ("BEGIN", *sql, "COMMIT"))
    return Answer({"sql": sql}, [Raw(text)])
