"""What the default policy comes to on streams with known truth, beside simpler plans; no stream is tuned for.

Run: `python -m benchmarks.decision_quality [--quick] [--only STREAM ...] [--seed N]`. Loss is the mean over windows;
the gate judges what the default policy trains, the other plans train without one. `--quick` leaves out flights and
Evidently.
"""

from __future__ import annotations

import argparse
import sys
from statistics import fmean
from typing import Any

import numpy as np
import pandas as pd

from benchmarks.streams import Played, Stream, play, stream
from windvane.lifecycle.alpha_spending import looks_a_year

OLD, NEW = (1.2, -0.8, 0.5, 0.2, 0.6), (-0.6, 1.0, 0.5, 0.2, -0.6)
PLANS = ("never", "every:1", "every:4", "evidently", "default")


def streams(seed: int, quick: bool) -> list[Stream]:
    """Return the streams; every plan begins with a version of the first four windows."""

    def turned(share: float) -> tuple[float, ...]:
        return tuple(old + share * (new - old) for old, new in zip(OLD, NEW, strict=True))

    def after(start: int) -> Any:
        return lambda position: OLD if position < start else NEW

    def old(_: int) -> tuple[float, ...]:
        return OLD

    def gradual(position: int) -> float:
        return min(1.0, max(0.0, (position - 8) / 20))

    made = [
        stream("none", seed=seed, weights=old),
        stream("none_small", seed=seed + 1, weights=old, rows=150),
        stream("abrupt", seed=seed + 2, weights=after(12), state=lambda t: float(t >= 12)),
        stream("gradual", seed=seed + 3, weights=lambda t: turned(gradual(t)), state=gradual),
        stream(
            "recurring",
            seed=seed + 4,
            weights=lambda t: NEW if (t // 9) % 2 else OLD,
            state=lambda t: float((t // 9) % 2),
        ),
        stream("covariate", seed=seed + 5, weights=old, shift=lambda t: 0.8 * (t >= 12)),
        stream(
            "labels",
            seed=seed + 6,
            weights=old,
            intercept=lambda t: -0.5 + 1.2 * (t >= 14),
            state=lambda t: float(t >= 14),
        ),
        stream("fault", seed=seed + 7, weights=old, breaks=_broken, faults=(9, 10, 17, 24, 30)),
        stream(
            "rare",
            seed=seed + 8,
            rows=4000,
            weights=after(12),
            intercept=lambda _: -5.2,
            state=lambda t: float(t >= 12),
        ),
        stream("tiny", seed=seed + 9, windows=60, rows=60, weights=after(24), state=lambda t: float(t >= 24)),
        stream("regression", seed=seed + 10, task="regression", weights=after(15), state=lambda t: float(t >= 15)),
    ]
    return made if not quick else [item for item in made if item.name not in ("gradual", "rare", "tiny")]


def _broken(frame: pd.DataFrame, position: int) -> pd.DataFrame:
    """Break a window's feed, each time in another way."""
    changed = frame.copy()
    if position in (9, 10):
        changed["x3"] = 1000 * changed["x3"]
    elif position == 17:
        changed["x1"] = 0.0
    elif position == 24:
        changed["region"] = changed["region"].str.upper()
    else:
        changed["x2"] = np.nan
    return changed


def flights(window: str) -> Stream:
    """Return the flights of 2013 by month or by week; every state of the world counts as another one."""
    from benchmarks.flights_policy import ROOT
    from windvane.lifecycle.frames import check_frame
    from windvane.loading import find_spec
    from windvane.stores.datasets import read_source

    model = find_spec("flights", ROOT / "dags").revised(window=window, history=12)
    cadence = model.cadence
    first = cadence.window_at(
        pd.Timestamp("2013-01-07" if window == "week" else "2013-01-15", tz="UTC").to_pydatetime()
    )
    windows = [first]
    while cadence.next(windows[-1]).end <= pd.Timestamp("2014-01-01 05:00", tz="UTC"):
        windows.append(cadence.next(windows[-1]))
    frames = []
    for item in windows:
        frame = check_frame(read_source(model, item), model, item)
        frames.append(frame[frame[model.target].notna()].reset_index(drop=True))
    return Stream(f"flights_{window}", model, windows, frames, [float(index) for index in range(len(windows))])


def main(arguments: list[str] | None = None) -> int:
    """Play all plans over all streams, print one table, and judge the default policy."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--only", nargs="*", default=[], help="play these streams alone")
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args(arguments)
    plans = [plan for plan in PLANS if plan != "evidently" or not given.quick]
    print(
        f"{'stream':14} {'plan':10} {'loss':>8} {'of every':>9} {'trained':>8} {'false':>6} {'alerts':>7} "
        f"{'probes':>6} delay"
    )
    table: dict[str, dict[str, Played]] = {}
    made = streams(given.seed, given.quick)
    made += [] if given.quick else [flights("month"), flights("week")]
    known = [item.name for item in made]
    if set(given.only) - set(known):
        parser.error(f"the streams are {', '.join(known)}")
    made = [item for item in made if not given.only or item.name in given.only]
    for item in made:
        table[item.name] = {plan: play(item, plan) for plan in plans}
        base = fmean(table[item.name]["every:1"].losses)
        for plan, played in table[item.name].items():
            loss, delays = fmean(played.losses), ",".join(map(str, played.delays)) or "-"
            print(
                f"{item.name:14} {plan:10} {loss:8.4f} {loss / base:9.4f} {len(played.trained):8} "
                f"{len(played.false):6} {len(played.alerts):7} {played.probes:6} {delays}"
            )
    return _verdict(made, table)


def _verdict(made: list[Stream], table: dict[str, dict[str, Played]]) -> int:
    ratios = [fmean(row["default"].losses) / fmean(row["every:1"].losses) for row in table.values()]
    trained, every = (sum(len(row[plan].trained) for row in table.values()) for plan in ("default", "every:1"))
    faults = sum(len(row["default"].on_faults) for row in table.values())
    still = [item for item in made if len(set(item.states)) == 1]
    false = sum(len(table[item.name]["default"].false) for item in still)
    years = sum(len(item.windows) / looks_a_year(item.model.cadence) for item in still)
    allowed = made[0].model.monitor.alpha_year * years
    lines = [
        (f"mean loss / every window = {fmean(ratios):.4f} over the set (at most 1.02)", fmean(ratios) <= 1.02),
        (f"trainings {trained} of {every} (at most a third)", 3 * trained <= every),
        (f"retrains on broken data: {faults} (none)", faults == 0),
        (f"retrains where the relation never changed: {false} (expected at most {allowed:.2f})", false <= allowed + 1),
    ]
    for message, met in lines:
        print(f"{message}: {'met' if met else 'NOT met'}")
    return 0 if all(met for _, met in lines) else 1


if __name__ == "__main__":
    sys.exit(main())
