"""`windvane scores`: the published scores of a window, for people, files and pipes."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import RenderableType

from windvane.cli.commanding import command
from windvane.cli.commands.reading import Name
from windvane.cli.commands.run import timestamp
from windvane.cli.home import Home, moment
from windvane.cli.output import Answer, Raw, facts, line, table

if TYPE_CHECKING:
    import pandas as pd

_SHOWN = 10
_FORMS = (".csv", ".parquet", ".jsonl")


def form(text: str | None) -> str | None:
    """Refuse a file whose name does not say its format, as a mistake of usage."""
    if text is not None and text != "-" and not text.lower().endswith(_FORMS):
        raise typer.BadParameter(f"{text!r:.90} does not end in {', '.join(_FORMS)}, and is not -")
    return text


@command(order=105)
def scores(
    home: Home,
    model: Name,
    window: Annotated[str, typer.Option("--window", metavar="KEY", help="The window, such as 2013-03.")],
    to: Annotated[
        str | None,
        typer.Option(
            "--to",
            metavar="FILE",
            callback=form,
            help="Write all rows to a .csv, .parquet or .jsonl file, or as CSV to stdout (-).",
            show_default="the first rows, on the terminal",
        ),
    ] = None,
    as_of: Annotated[
        str | None,
        typer.Option(
            "--as-of", metavar="TIME", callback=timestamp, help="What was current then, UTC.", show_default="now"
        ),
    ] = None,
) -> Answer:
    """Give the published scores of a window: its rows with key, event time, scores and version.

    The current publication is given, or the one that was current at --as-of. A file is written whole or not at all.
    """
    from windvane.steps.reading import published, scores_of

    with home.stores() as stores:
        found = published(model, window, stores, moment(as_of) if as_of else None)
        frame = scores_of(found, stores)
    data: dict[str, Any] = found.model_dump(mode="json")
    said = facts({name: data[name] for name in ("model", "window", "publication", "version", "rows")})
    if to is not None and to != "-":
        from windvane.stores.scratch import keep_file

        keep_file(Path(to), _bytes(frame, Path(to).suffix.lower()))
        return Answer(data | {"file": to}, [said, line(f"wrote {to}")])
    data["scores"] = frame.to_dict("records")
    if to == "-":
        return Answer(data, [Raw(_bytes(frame, ".csv").decode())])
    blocks: list[RenderableType] = [
        said,
        line(""),
        table([str(name) for name in frame.columns], frame.head(_SHOWN).itertuples(index=False)),
    ]
    if len(frame) > _SHOWN:
        blocks.append(line(f"and {len(frame) - _SHOWN:,} more rows; --to FILE writes all of them"))
    return Answer(data, blocks)


def _bytes(frame: pd.DataFrame, suffix: str) -> bytes:
    if suffix == ".parquet":
        found: bytes = frame.to_parquet(index=False)
        return found
    times = {
        name: frame[name].map(lambda at: at.isoformat()) for name in frame.columns if frame[name].dtype.kind == "M"
    }
    plain = frame.assign(**times)
    text = plain.to_csv(index=False) if suffix == ".csv" else plain.to_json(orient="records", lines=True)
    return text.encode()
