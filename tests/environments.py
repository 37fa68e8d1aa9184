"""Python environments of a test's own: this one's packages, and before them what the environment brings itself."""

from __future__ import annotations

import sysconfig
import venv
from collections.abc import Mapping
from pathlib import Path

INCLUDE = Path(__file__).resolve().parents[1] / "include"


def environment(folder: Path, brings: Mapping[str, str] | None = None, bare: bool = False) -> str:
    """Make an environment, and return its interpreter.

    Args:
        folder: Where it is made.
        brings: File within its site-packages to the text of it.
        bare: True for one without the packages of this environment.
    """
    venv.EnvBuilder(with_pip=False, symlinks=True).create(folder)
    (site,) = (folder / "lib").glob("python*/site-packages")
    for name, text in (brings or {}).items():
        (site / name).parent.mkdir(parents=True, exist_ok=True)
        (site / name).write_text(text, encoding="utf-8")
    if not bare:
        (site / "shared.pth").write_text(f"{sysconfig.get_path('purelib')}\n", encoding="utf-8")
    return str(folder / "bin" / "python")
