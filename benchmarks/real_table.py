"""What the default policy comes to on real data sets, beside plans that never ask, with specs that `init` writes.

`init` is given file, target, time and key. Three estimators take turns: a line, a forest, and boosted trees. The
default policy goes through its gate, by the same functions as the DAGs call; with `--pipeline` through registry, input
checks and expectations, too, and has to earn its first champion. Otherwise all plans begin with a version of the first
four windows. The other plans train the same recipe on the same history without a gate: once, in every window, and in
every fourth. `all rows` is every window, each version fitted on its holdout as well. Losses are means over the windows
that the policy scored.

    python -m benchmarks.real_table --kept FILE *.whl *.tar.gz     # goes on from what FILE has
"""

from __future__ import annotations

import argparse
import importlib
import json
import sys
import tempfile
import time
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from statistics import fmean, median
from typing import Any

import numpy as np
import pandas as pd

from benchmarks.real_sets import Real, real_sets
from benchmarks.streams import WARM, Stream, play, scored_by
from windvane import Model
from windvane.cli.propose.baselines import Kind
from windvane.cli.propose.guess import Proposal, propose
from windvane.cli.propose.look import look
from windvane.cli.propose.render import module_text, spec_text
from windvane.errors import WindvaneError
from windvane.lifecycle.frames import check_frame
from windvane.lifecycle.scored_rows import mean_loss
from windvane.lifecycle.train import fit, train
from windvane.loading import find_spec
from windvane.pipeline.replay import replay
from windvane.results import PlayedWindow, Run
from windvane.spec import parse_plan
from windvane.stores import open_stores
from windvane.stores.code import resolve
from windvane.stores.datasets import read_source
from windvane.windows import Window

ESTIMATORS = ("line", "forest", "booster")
MOST_WINDOWS = 12
FOREST = '''

def forest(random_state: int = 0) -> Pipeline:
    """Return a forest over the numbers and the ordinal codes of the categories."""
    from sklearn.compose import ColumnTransformer
    from sklearn.ensemble import {kind}
    from sklearn.impute import SimpleImputer
    from sklearn.pipeline import Pipeline
    from sklearn.preprocessing import OrdinalEncoder

    codes = OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=-1, encoded_missing_value=-1)
    columns = ColumnTransformer([("codes", codes, CATEGORIES), ("numbers", SimpleImputer(), NUMBERS)])
    trees = {kind}(n_estimators=50, min_samples_leaf=5, random_state=random_state)
    return Pipeline([("columns", columns), ("trees", trees)])
'''


def proposed(item: Real, rows: pd.DataFrame, folder: Path) -> Proposal:
    """Return what `init` proposes."""
    path = folder / f"{_name(item)}.parquet"
    rows.to_parquet(path, index=False)
    return propose(_name(item), "benchmark", look(str(path), item.target, "at", "UTC"), target=item.target,
                   key=("row",), timezone="UTC")  # fmt: skip


def _name(item: Real) -> str:
    return "set_" + "".join(one if one.isalnum() else "_" for one in item.label.lower())


@contextmanager
def declared(proposal: Proposal, estimator: str, folder: Path) -> Iterator[Model]:
    """Write the files of a model with an estimator, and yield its spec."""
    kind: Kind = "line" if estimator == "line" else "trees"
    text = module_text(proposal, kind)
    if estimator == "forest":
        forest = FOREST.format(
            kind="RandomForestRegressor" if proposal.task == "regression" else "RandomForestClassifier"
        )
        text += forest
    for part in ("dags", "models"):
        (folder / part).mkdir()
    (folder / "models" / f"{proposal.name}.py").write_text(text, encoding="utf-8")
    spec = (
        spec_text(proposal, folder)
        .replace('"models.', '"')
        .replace(
            f'"{proposal.name}:pipeline"', f'"{proposal.name}:{"forest" if estimator == "forest" else "pipeline"}"'
        )
    )
    (folder / "dags" / f"{proposal.name}.py").write_text(spec, encoding="utf-8")
    sys.path.insert(0, str(folder / "models"))
    importlib.invalidate_caches()
    sys.modules.pop(proposal.name, None)
    try:
        yield find_spec(proposal.name, folder / "dags")
    finally:
        sys.path.remove(str(folder / "models"))
        sys.modules.pop(proposal.name, None)


def played(item: Real, rows: pd.DataFrame, estimator: str, *, pipeline: bool) -> dict[str, Any]:
    """Return what came of one data set and estimator, as a line of the file."""
    begun = time.monotonic()
    found: dict[str, Any] = {"set": item.label, "aside": item.aside, "estimator": estimator, "rows": len(rows)}
    with tempfile.TemporaryDirectory() as home:
        folder = Path(home)
        try:
            proposal = proposed(item, rows, folder)
            with declared(proposal, estimator, folder) as model:
                found |= {"task": model.task, "window": model.window} | _plans(model, folder, pipeline)
        except WindvaneError as error:
            found["refused"] = f"{error.name}: {error.cause}"
    return found | {"seconds": round(time.monotonic() - begun, 1)}


def _plans(model: Model, folder: Path, pipeline: bool) -> dict[str, Any]:
    cadence = model.cadence
    assert model.first_moment is not None
    assert model.last_window is not None
    windows = cadence.between(cadence.window_at(model.first_moment), model.last_window)[:MOST_WINDOWS]
    if not pipeline:
        return _by_functions(model, windows)
    run = Run(actor="benchmark", as_of=datetime(2100, 1, 1, tzinfo=UTC))
    stores = open_stores(f"sqlite:///{folder}/registry.db", f"{folder}/artifacts")
    policy = parse_plan("declared", model.monitor.policy)
    shown = replay(model, windows, [policy], stores, run, folder / "replay")
    ours = {item.window: item for item in shown.played[0].windows}
    losses = {item.window: item.loss for item in ours.values() if item.loss is not None}
    first = next((number for number, window in enumerate(windows) if ours[window.key].promoted), None)
    told = {
        "windows": len(windows),
        "first": first,
        "scored": len(losses),
        "trainings": sum(item.trained is not None for item in ours.values()),
        "refusals": sum(item.trained is not None and not item.promoted for item in ours.values()),
        "probes": sum(item.probed for item in ours.values()),
        "alerts": sum(item.decision == "alert" for item in ours.values()),
        "broken": sum("quality" in item.found for item in ours.values()),
        "notes": [f"{item.window}: {item.note}" for item in ours.values() if item.note],
        "story": [_told(item) for item in ours.values()],
    }
    if first is None or not losses:
        return told
    return told | _compared(model, windows, _frames(model, windows), first, losses)


def _by_functions(model: Model, windows: list[Window]) -> dict[str, Any]:
    frames = _frames(model, windows)
    there = [number for number, frame in enumerate(frames) if len(frame) >= model.min_rows]
    windows, frames = [windows[number] for number in there], [frames[number] for number in there]
    if len(windows) <= WARM + 1:
        return {"refused": f"{len(windows)} windows are too few"}
    shown = play(Stream(model.name, model, windows, frames, [0.0] * len(windows)), "default")
    losses = {window.key: loss for window, loss in zip(windows[WARM:], shown.losses, strict=True)}
    told = {
        "windows": len(windows) - WARM + 1,
        "first": 0,
        "scored": len(losses),
        "trainings": len(shown.trained) + 1,
        "refusals": shown.refused,
        "probes": shown.probes,
        "alerts": len(shown.alerts),
        "broken": len(shown.broken),
        "story": [f"trained {shown.trained}, alerts {shown.alerts}"],
    }
    return told | _compared(model, windows, frames, WARM - 1, losses)


def _frames(model: Model, windows: list[Window]) -> list[pd.DataFrame]:
    frames = []
    for window in windows:
        frame = check_frame(read_source(model, window), model, window)
        frames.append(frame[frame[model.target].notna()].reset_index(drop=True))
    return frames


def _compared(
    model: Model, windows: list[Window], frames: list[pd.DataFrame], first: int, losses: dict[str, float]
) -> dict[str, Any]:
    others = _others(model, windows, frames, first)
    common = [key for key in losses if all(key in side for side in others.values())]
    mean = {name: fmean(side[key] for key in common) for name, side in {"default": losses, **others}.items()}
    rows = float(np.median([len(frame) for frame in frames]))
    return {"median_rows": rows, "loss": mean, "by_window": {"default": losses, **others}}


def _told(item: PlayedWindow) -> str:
    made = f" v{item.trained}{'+' if item.promoted else '-'}" if item.trained else ""
    return f"{item.window} {item.decision or ''} {'/'.join(item.found)}{' probe' if item.probed else ''}{made}"


def _others(model: Model, windows: list[Window], frames: list[pd.DataFrame], first: int) -> dict[str, dict[str, float]]:
    """Return the loss of each later window under the plans that never ask."""
    build = resolve(model.estimator.path)
    count = model.history if isinstance(model.history, int) else len(windows)
    losses: dict[str, dict[str, float]] = {name: {} for name in ("never", "every", "fourth", "all rows")}
    versions: dict[str, Any] = {}
    for number in range(first + 1, len(windows)):
        past = frames[max(0, number - count) : number]
        try:
            versions["every"] = train(past, model, build, None).estimator
            versions["all rows"] = fit(pd.concat(past, ignore_index=True), model, build, None)[0]
        except WindvaneError:
            if not versions:
                continue
        versions.setdefault("never", versions["every"])
        if (number - 1 - first) % 4 == 0:
            versions["fourth"] = versions["every"]
        frame = frames[number]
        if frame.empty:
            continue
        for name, side in losses.items():
            loss = mean_loss(frame, scored_by(versions[name], frame, model), model)
            side[windows[number].key] = float("nan") if loss is None else loss
    return losses


def table(found: list[dict[str, Any]]) -> str:
    """Return the table: a line a data set and estimator, and what they come to."""
    head = f"{'data set':<34}{'':<9}{'windows':>8}{'rows':>7}{'none':>6}{'never':>8}{'4th':>8}{'all rows':>9}"
    lines = [head + f"{'default':>9}{'trained':>9}{'probes':>7}{'every':>7}{'alerts':>7}{'broken':>7}"]
    for item in sorted(found, key=lambda item: (item["aside"], item["set"], item["estimator"])):
        start = f"{item['set'][:33]:<34}{item['estimator']:<9}"
        if "refused" in item:
            lines.append(f"{start} not played: {item['refused'][:90]}")
            continue
        loss = item.get("loss") or {}
        every = loss.get("every") or np.nan
        ratios = [loss.get(name, np.nan) / every for name in ("never", "fourth", "all rows", "default")]
        lines.append(
            f"{start}{item['windows']:>8}{item.get('median_rows', 0):>7.0f}{item['windows'] - 1 - item['scored']:>6}"
            + "".join(f"{one:>{width}.3f}" for one, width in zip(ratios, (8, 8, 9, 9), strict=True))
            + f"{item['trainings']:>9}{item['probes']:>7}{item['scored']:>7}{item['alerts']:>7}{item['broken']:>7}"
        )
    for name in ("seen", "kept aside", "all"):
        lines += _sums(name, [item for item in found if name == "all" or item["aside"] == (name == "kept aside")])
    return "\n".join(lines)


def _sums(name: str, found: list[dict[str, Any]]) -> list[str]:
    good = [item for item in found if (item.get("loss") or {}).get("every")]
    if not good:
        return []
    ratio = {plan: [item["loss"][plan] / item["loss"]["every"] for item in good] for plan in good[0]["loss"]}
    every = sum(item["scored"] + 1 for item in good)
    made = sum(item["trainings"] for item in good)
    probes = sum(item["probes"] for item in good)
    judged = sum(item.get("windows", 0) for item in found if "refused" not in item)
    broken, alerts = (sum(item.get(kind, 0) for item in found) for kind in ("broken", "alerts"))
    bad = [item for item in good if item["loss"]["default"] > 1.1 * item["loss"]["every"]]
    refused = sum("refused" in item for item in found)
    none = sum("refused" not in item and item["first"] is None for item in found)
    means = ", ".join(f"{plan} {fmean(side):.3f} ({median(side):.3f})" for plan, side in ratio.items())
    share = (made + probes) / every
    return [
        "",
        f"{name}: {len({item['set'] for item in found})} data sets, {len(found)} with an estimator",
        f"  refused {refused}, without any champion {none}, above 1.10 {len(bad)} of {len(good)}",
        f"  of every window's loss, mean (median): {means}",
        f"  trainings {made}, probes {probes}, of every window's {every}: {share:.2f}",
        f"  broken {broken}, alerts {alerts}, of {judged} windows",
    ]


def main() -> None:
    """Play what the file does not have yet, and print the table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("wheels", nargs="*", type=Path, help="packages whose data sets are played")
    parser.add_argument("--kept", type=Path, required=True, help="where each result is kept, a line each")
    parser.add_argument("--sets", choices=("seen", "aside", "all"), default="seen")
    parser.add_argument("--only", nargs="*", default=[], help="data sets whose name begins so")
    parser.add_argument("--minutes", type=float, default=600.0, help="begin no other one after so long")
    parser.add_argument("--pipeline", action="store_true", help="through the whole pipeline: many times as long")
    parser.add_argument("--show", action="store_true", help="only print what the file has")
    asked = parser.parse_args()
    warnings.simplefilter("ignore")
    found = [json.loads(text) for text in asked.kept.read_text().splitlines()] if asked.kept.exists() else []
    done, end = {(item["set"], item["estimator"]) for item in found}, time.monotonic() + 60 * asked.minutes
    sets = [] if asked.show else [item for item in real_sets(asked.wheels) if asked.sets in ("all", _group(item[0]))]
    sets = [item for item in sets if not asked.only or item[0].name.startswith(tuple(asked.only))]
    for turn in range(len(ESTIMATORS)):
        for number, (item, rows) in enumerate(sets):
            estimator = ESTIMATORS[(number + turn) % len(ESTIMATORS)]
            if (item.label, estimator) in done or time.monotonic() > end:
                continue
            found.append(played(item, rows, estimator, pipeline=asked.pipeline))
            with asked.kept.open("a") as file:
                file.write(json.dumps(found[-1]) + "\n")
    print(table(found))


def _group(item: Real) -> str:
    return "aside" if item.aside else "seen"


if __name__ == "__main__":
    main()
