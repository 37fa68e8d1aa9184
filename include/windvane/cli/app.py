"""The app: its shared options, its verbs in the order of the help page, and the way out."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from windvane.cli import run
from windvane.cli.check import check
from windvane.cli.init import init
from windvane.cli.moving import promote, rollback
from windvane.cli.output import Failure, clean, tolerant, write_failures, write_json
from windvane.cli.reading import champion, history, models, report, show, versions
from windvane.cli.verbs import INTERRUPTED, carry_out, failure_of, is_usage, verb
from windvane.cli.verify import verify

USAGE = 2

app = typer.Typer(
    name="windvane",
    add_completion=False,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
