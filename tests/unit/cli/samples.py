"""Data to begin a model from, and what its proposed files must hold."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from tests.unit.cli.conftest import ROOT, Answer

CREDIT = ROOT / "examples" / "credit.parquet"
NAMED = ("--target", "default", "--time", "applied_at")
RUFF = str(Path(sys.executable).parent / "ruff")


def applications(rows: int = 2_000, **columns: Any) -> pd.DataFrame:
    draw = np.random.default_rng(3)
    at = pd.date_range("2024-01-01", periods=rows, freq="2h", tz="UTC")
    score = draw.normal(size=rows)
    frame = {
        "id": np.arange(rows),
        "at": at,
        "score": score,
        "kind": draw.choice(["a", "b"], rows),
        "y": (draw.random(rows) < 1 / (1 + np.exp(-2 * score))).astype(int),
    }
    return pd.DataFrame({**frame, **columns})


def saved(frame: pd.DataFrame, name: str = "data.parquet") -> str:
    path = Path.cwd() / name
    if name.endswith(".csv"):
        frame.to_csv(path, index=False)
    else:
        frame.to_parquet(path, index=False)
    return str(path)


def guesses(answer: Answer) -> dict[str, str]:
    assert answer.code == 0, answer
    return {item["guess"]: item["value"] for item in answer.json["guesses"]}


def left_out(answer: Answer) -> dict[str, str]:
    return {item["value"]: item["why"] for item in answer.json["guesses"] if item["guess"] == "left out"}


def assert_clean(project: Path) -> None:
    for verb in (["check"], ["format", "--check"]):
        ended = subprocess.run(
            [RUFF, *verb, "dags", "include"], cwd=project, capture_output=True, text=True, check=False
        )
        assert ended.returncode == 0, ended.stdout
