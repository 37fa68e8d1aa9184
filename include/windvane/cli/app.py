"""The app: its shared options, its verbs in the order of the help page, and the way out."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from windvane.cli import check, init, moving, reading, run, verify
from windvane.cli.output import Failure, tolerant, write_failures, write_json
from windvane.cli.verbs import INTERRUPTED, Artifacts, Json, Registry, Specs, is_usage, verb

USAGE = 2

app = typer.Typer(
    name="windvane",
    add_completion=False,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
