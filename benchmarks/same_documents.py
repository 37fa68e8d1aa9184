"""Whether expectations answered here give the very document that Great Expectations writes: random suites, odd rows.

Rows have missing, infinite and repeated values, text of all kinds, moments, whole numbers, truth values and mixtures;
some have no row at all. Each suite is answered twice: by Great Expectations alone, and as the task `validate` does.

    python -m benchmarks.same_documents [suites] [first seed]

It prints how many suites gave the same bytes, how many expectations were answered here, and every difference.
"""

from __future__ import annotations

import sys
from collections import Counter
from typing import Any

import numpy as np
import pandas as pd

from benchmarks.streams import model_of
from windvane.lifecycle import passed_on
from windvane.lifecycle.compiled import FrameColumns, answered
from windvane.lifecycle.expectations import run_expectations
from windvane.lifecycle.suites import expected
from windvane.spec import canonical_json

NUMBERS = (0.0, -0.0, 1.0, 1.5, -2.0, 3.0, 1e300, 1e-300, np.nan, np.inf, -np.inf, 7.0, 7.0, 2.0)
TEXTS = ("", "a", "b", "ab", "Ä", "007", "7", "None", "nan", " a", "a\n", "😀", "x" * 40, None, None, "a")
MODEL = model_of("odd")
WINDOW = MODEL.cadence.window("2024-01-01")


def odd_rows(random: np.random.Generator) -> pd.DataFrame:
    """Return a frame of 0 to 60 rows and columns of all kinds, `number`, `whole`, `text`, `moment` and others."""
    rows = int(random.choice([0, 1, 2, 5, 20, 60]))

    def some(values: Any, share: float = 1.0) -> list[Any]:
        pool = list(values)[: max(1, int(random.integers(1, len(values) + 1)))] if random.random() < share else values
        return [pool[index] for index in random.integers(0, len(pool), rows)]

    finite = random.normal(size=rows).round(int(random.integers(0, 4)))
    at = pd.Timestamp("2024-01-01", tz="UTC") + pd.to_timedelta(random.integers(0, 40, rows), unit="h")
    moments = pd.Series(at).astype("datetime64[us, UTC]")
    if random.random() < 0.4:
        moments = moments.mask(pd.Series(random.random(rows) < 0.3))
    frame = pd.DataFrame(
        {
            "number": pd.Series(some(NUMBERS), dtype="float64"),
            "finite": np.where(random.random(rows) < random.choice([0, 0, 0.3]), np.nan, finite),
            "whole": pd.Series(random.integers(-3, 4, rows), dtype="int64"),
            "text": pd.Series(some(TEXTS), dtype="str"),
            "key": pd.Series([f"k{index}" for index in random.permutation(rows)], dtype="str"),
            "moment": moments,
            "empty": pd.Series([np.nan] * rows, dtype="float64"),
            "nothing": pd.Series([None] * rows, dtype="str"),
            "truth": pd.Series(random.random(rows) < 0.5, dtype="bool"),
            "mixed": pd.Series(some([1, "a", None, 2.5]), dtype="object"),
        }
    )
    order = sorted(frame.columns, key=lambda _: random.random())
    return frame[order]


def odd_suite(random: np.random.Generator, frame: pd.DataFrame) -> list[Any]:
    """Return 1 to 12 expectations about such rows, of kinds and arguments that are made at random."""
    made: list[Any] = []
    for _ in range(int(random.integers(1, 13))):
        try:
            made.append(_one(random, frame))
        except Exception:  # noqa: BLE001, S112  # Great Expectations refuses the arguments: they make none
            continue
    return made


def _one(random: np.random.Generator, frame: pd.DataFrame) -> Any:
    import great_expectations.expectations as gxe

    def pick(values: Any) -> Any:
        return values[int(random.integers(0, len(values)))]

    def bounds(low: float, high: float) -> dict[str, Any]:
        ends = sorted(random.uniform(low, high, 2).round(1).tolist())
        found: dict[str, Any] = dict(zip(("min_value", "max_value"), ends, strict=True))
        if random.random() < 0.3:
            found.pop(pick(["min_value", "max_value"]))
        if random.random() < 0.3:
            found |= {name: int(value) for name, value in found.items()}
        if random.random() < 0.1:
            found["max_value"] = float("inf")
        for name in ("strict_min", "strict_max"):
            if random.random() < 0.2:
                found[name] = bool(random.random() < 0.7)
        return found

    columns = [*frame.columns, *(["number", "finite", "whole", "text", "key"] * 2), "gone"]
    column = pick(columns)
    more: dict[str, Any] = {"mostly": float(random.choice([0.0, 0.5, 0.9, 1.0]))} if random.random() < 0.4 else {}
    if random.random() < 0.1:
        more |= {"severity": "warning", "meta": {"why": "odd"}}
    if random.random() < 0.05:
        more |= {"notes": "a note", "description": "said"}
    texts = [value for value in {pick(TEXTS) for _ in range(6)} if value is not None]
    numbers = [float(value) for value in {pick(NUMBERS) for _ in range(5)} if np.isfinite(value)] + [2]
    values = pick([texts, numbers, texts, numbers, [1, "a"], [True], [None, "a"]])
    name = column if random.random() < 0.9 else "text"
    plain = {key: value for key, value in more.items() if key != "mostly"}
    choices: list[Any] = [
        lambda: gxe.ExpectColumnValuesToNotBeNull(column=column, **more),
        lambda: gxe.ExpectColumnValuesToBeNull(column=column, **more),
        lambda: gxe.ExpectColumnValuesToBeUnique(column=column, **more),
        lambda: gxe.ExpectColumnValuesToBeBetween(column=column, **bounds(-3, 8), **more),
        lambda: gxe.ExpectColumnValuesToBeInSet(column=column, value_set=values, **more),
        lambda: gxe.ExpectColumnValuesToNotBeInSet(column=column, value_set=values, **more),
        lambda: gxe.ExpectColumnValuesToMatchRegex(column=name, regex=pick(["^a", "a|b", r"\d+", "(", "Ä$"]), **more),
        lambda: gxe.ExpectColumnValuesToNotMatchRegex(column=name, regex=pick(["^a", "x{3}", r"\s", "[", "N"]), **more),
        lambda: gxe.ExpectColumnValueLengthsToBeBetween(column=name, **bounds(0, 6), **more),
        lambda: gxe.ExpectColumnValueLengthsToEqual(column=name, value=int(random.integers(0, 4)), **more),
        lambda: gxe.ExpectColumnValuesToBeIncreasing(column=column, strictly=pick([None, True, False]), **more),
        lambda: gxe.ExpectColumnValuesToBeDecreasing(column=column, strictly=pick([None, True, False]), **more),
        lambda: gxe.ExpectColumnMeanToBeBetween(column=column, **bounds(-3, 8), **plain),
        lambda: gxe.ExpectColumnMedianToBeBetween(column=column, **bounds(-3, 8), **plain),
        lambda: gxe.ExpectColumnStdevToBeBetween(column=column, **bounds(0, 8), **plain),
        lambda: gxe.ExpectColumnSumToBeBetween(column=column, **bounds(-30, 80), **plain),
        lambda: gxe.ExpectColumnMinToBeBetween(column=column, **bounds(-3, 8), **plain),
        lambda: gxe.ExpectColumnMaxToBeBetween(column=column, **bounds(-3, 8), **plain),
        lambda: gxe.ExpectColumnUniqueValueCountToBeBetween(column=column, **bounds(0, 30), **plain),
        lambda: gxe.ExpectColumnProportionOfUniqueValuesToBeBetween(column=column, **bounds(0, 1), **plain),
        lambda: gxe.ExpectColumnDistinctValuesToBeInSet(column=column, value_set=values, **plain),
        lambda: gxe.ExpectColumnToExist(column=column, **plain),
        lambda: gxe.ExpectTableRowCountToBeBetween(**bounds(0, 60), **plain),
        lambda: gxe.ExpectTableRowCountToEqual(value=int(random.integers(0, 61)), **plain),
        lambda: gxe.ExpectTableColumnCountToBeBetween(**bounds(0, 20), **plain),
        lambda: gxe.ExpectTableColumnCountToEqual(value=int(random.integers(8, 12)), **plain),
        lambda: gxe.ExpectTableColumnsToMatchSet(
            column_set=pick([list(frame.columns), ["number", "gone"]]), exact_match=pick([True, False]), **plain
        ),
        lambda: gxe.ExpectTableColumnsToMatchOrderedList(
            column_list=pick([list(frame.columns), sorted(frame.columns), ["number"]]), **plain
        ),
        lambda: gxe.ExpectCompoundColumnsToBeUnique(column_list=pick([["text", "whole"], ["key", "text"]]), **plain),
        lambda: gxe.ExpectColumnMostCommonValueToBeInSet(column=column, value_set=values, **plain),
        lambda: gxe.ExpectColumnQuantileValuesToBeBetween(
            column=column, quantile_ranges={"quantiles": [0.5], "value_ranges": [[0, 3]]}, **plain
        ),
    ]
    return pick(choices)()


def compared(seed: int) -> tuple[list[str], int, Counter[str]]:
    """Return the differences of one suite, how many expectations it had, and how often each kind was answered here."""
    random = np.random.default_rng(seed)
    frame = odd_rows(random)
    suite = odd_suite(random, frame)
    truth = [canonical_json(item) for item in passed_on.asked(frame, suite, MODEL)]
    _, document = run_expectations(frame, suite, MODEL, WINDOW, "sha256:0")
    columns = FrameColumns(frame)
    here: Counter[str] = Counter()
    different = []
    for wanted, true in zip(expected(suite, MODEL), truth, strict=True):
        if wanted.configuration is not None and answered(wanted.configuration, columns) is not None:
            here[wanted.configuration["type"]] += 1
        if true not in document.decode():
            kind = (wanted.configuration or {}).get("type")
            different.append(f"seed {seed}, {kind}:\n  Great Expectations: {true}")
    same = [f'"results":[{",".join(truth)}]'] if suite else []
    if not different and any(part not in document.decode() for part in same):
        different.append(f"seed {seed}: the order of results")
    return different, len(suite), here


def main(arguments: list[str] | None = None) -> int:
    """Compare, print, and return 1 where a document differs."""
    given = [int(value) for value in (sys.argv[1:] if arguments is None else arguments) if value.isdigit()]
    suites, first = [*given, *[2_000, 0][len(given) :]][:2]
    differences: list[str] = []
    asked, here = 0, Counter[str]()
    for seed in range(first, first + suites):
        found, count, answers = compared(seed)
        differences += found
        asked, here = asked + count, here + answers
    for text in differences[:20]:
        print(text)
    total = sum(here.values())
    print(f"{suites:,} suites, {asked:,} expectations, {total:,} answered here: {len(differences):,} differences")
    print("answered here: " + ", ".join(f"{kind} {count:,}" for kind, count in sorted(here.items())))
    return int(bool(differences))


if __name__ == "__main__":
    sys.exit(main())
