"""What scoring in the box costs beside the quick way: the same model and rows, in one process, in turn.

Run: `python -m benchmarks.box_cost [rows] [pairs]`. Prints the start of the box, once a run; the load and the scoring
of a model, each as a median; and the ratio of a whole run: load a version, score a window.
"""

from __future__ import annotations

import statistics
import sys
import time
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
from sklearn.compose import ColumnTransformer
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OrdinalEncoder

from windvane.stores.box import boxed
from windvane.stores.models import dump_model, load_model


def timed(work: Callable[[], Any]) -> tuple[float, Any]:
    """Return the wall time of some work, and its answer."""
    begin = time.perf_counter()
    answer = work()
    return time.perf_counter() - begin, answer


def flights(rows: int) -> tuple[pd.DataFrame, Any]:
    """Return rows of the shape of flights, 6 numbers and 3 categories, and whether each was late."""
    random = np.random.default_rng(0)
    frame = pd.DataFrame({f"n{number}": random.normal(size=rows) for number in range(6)})
    for number in range(3):
        frame[f"c{number}"] = random.choice([f"k{one}" for one in range(100)], rows).astype(object)
    return frame, (frame["n0"] + random.normal(size=rows) > 0).astype(int)


def main() -> int:
    """Measure, print, and return 0."""
    rows, pairs = (int(one) for one in (sys.argv[1:] + ["50000", "7"][len(sys.argv) - 1 :]))
    frame, late = flights(rows)
    codes = OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=-1)
    columns = ColumnTransformer([("codes", codes, ["c0", "c1", "c2"])], remainder="passthrough")
    data = dump_model(make_pipeline(columns, HistGradientBoostingClassifier(max_iter=100)).fit(frame, late))
    first, there = timed(lambda: boxed(data, "skops"))
    there.close()
    found: dict[str, list[float]] = {name: [] for name in ("quick load", "quick score", "box load", "box score")}
    expected = load_model(data).predict_proba(frame)
    for _ in range(pairs):
        for way, load in (("quick", lambda: load_model(data)), ("box", lambda: boxed(data, "skops"))):
            seconds, model = timed(load)
            found[f"{way} load"].append(seconds)
            seconds, scores = timed(lambda model=model: model.predict_proba(frame))  # type: ignore[misc]  # a default binds it
            found[f"{way} score"].append(seconds)
            assert np.array_equal(scores, expected)
    middle = {name: statistics.median(values) for name, values in found.items()}
    print(f"{rows:,} rows, {len(data):,} bytes of model, {pairs} pairs; the same scores, bit for bit")
    print(f"start of the box, once a process: {first - middle['box load']:.2f} s")
    for name, value in middle.items():
        print(f"{name:12} {value:.3f} s")
    for what in ("load", "score"):
        print(f"ratio {what}: {middle[f'box {what}'] / middle[f'quick {what}']:.2f}")
    whole = [sum(middle[f"{way} {what}"] for what in ("load", "score")) for way in ("box", "quick")]
    print(f"ratio of load and score: {whole[0] / whole[1]:.2f}; with the start {(whole[0] + first) / whole[1]:.2f}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
