"""The code of another revision, in a folder that is gone afterwards."""

from __future__ import annotations

import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from windvane.errors import NoBase

_SECONDS = 120


class Checkout(NamedTuple):
    """A checked-out revision.

    Args:
        folder: The project's folder in it.
        revision: The full name of the revision.
    """

    folder: Path
    revision: str


@contextmanager
def checked_out(project: Path, revision: str) -> Iterator[Checkout]:
    """Check out where a revision left the present branch, beside the project, and remove it at the end.

    Args:
        project: A folder of the project.
        revision: A branch, a tag or a commit. Of a branch that went on since, what both have in common counts.

    Raises:
        NoBase: There is no repository, or no such revision.
    """
    prefix = _git(project, "rev-parse", "--show-prefix").strip()
    if revision.startswith("-"):
        raise NoBase(f"{revision!r:.90} is no revision", "name a branch, a tag or a commit, such as origin/main")
    named = _git(project, "rev-parse", "--verify", "--quiet", "--end-of-options", f"{revision}^{{commit}}").strip()
    common = _git(project, "merge-base", named, "HEAD").strip()
    with tempfile.TemporaryDirectory(prefix="windvane-base-") as folder:
        place = Path(folder) / "base"
        _git(project, "worktree", "add", "--detach", "--quiet", str(place), common)
        try:
            yield Checkout(place / prefix, common)
        finally:
            _git(project, "worktree", "remove", "--force", str(place))


def _git(project: Path, *words: str) -> str:
    try:
        done = subprocess.run(  # noqa: S603 (words of this module, and a revision that is no option)
            ["git", "-C", str(project), *words],  # noqa: S607 (git is where the path has it)
            capture_output=True,
            text=True,
            check=False,
            timeout=_SECONDS,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise NoBase(f"git cannot be run: {error}", "install git, and fetch the whole history") from error
    if done.returncode:
        cause = f"git {words[0]} in {project}: {' '.join(done.stderr.split()) or f'no {words[-1]}'}"
        raise NoBase(cause, "name a revision that was fetched (in CI: fetch-depth: 0), from within the repository")
    return done.stdout
