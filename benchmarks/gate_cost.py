"""What it costs to gate two versions on 1,000,000 rows with 20 slices, every rule and every interval on.

Run: `python -m benchmarks.gate_cost [rows]`. Prints seconds and the process's peak memory, and whether both stay
within 10 s (of one processor: a busy machine says nothing about the gate) and 1.5 GB. Counted is scoring the rows with
both versions, all metrics with intervals, paired differences on clustered rows, slices, fairness with its bootstrap,
perturbations, and the verdicts.
"""

from __future__ import annotations

import resource
import sys
import time
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from typing import Any

import numpy as np
import pandas as pd
from sklearn.linear_model import LogisticRegression

from windvane import Estimator, Features, Gate, Model, OwnMetric, Source, rule
from windvane.lifecycle.evaluate import Contender, evaluate
from windvane.lifecycle.gate import judge
from windvane.lifecycle.rules import Case
from windvane.results import Champion, Version
from windvane.spec import Rule

SECONDS, GIGABYTES = 10.0, 1.5
NUMBERS = ("income", "debt", "age", "tenure", "balance")
START, END = datetime(2024, 1, 1, tzinfo=UTC), datetime(2024, 2, 1, tzinfo=UTC)


def profit(outcomes: Any, scores: Any) -> float:
    """Return a metric of the user's own: what lending to the safer half would earn a row."""
    return float(np.where(scores < np.median(scores), 1.0 - 5.0 * outcomes, 0.0).mean())


def kinds_of(rules: Iterable[Rule]) -> Iterator[str]:
    """Yield the kinds of rules that are not made of others."""
    for one in rules:
        yield from kinds_of(one.parts) if one.parts else (one.kind,)


def agreeable(evaluation: Any) -> bool:
    """Return what a rule of the user's own says."""
    return bool(evaluation.rows > 1000)


def spec() -> Model:
    """Return a model whose gate has every rule there is."""
    young = {"young and poor": "age < -0.5 and income < 0"}
    return Model(
        name="loans",
        owner="risk",
        source=Source.callable("benchmarks.gate_cost:rows"),
        event_time="applied_at",
        key="loan_id",
        target="default",
        task="binary",
        features=Features(numbers=NUMBERS),
        carry=("customer", "region", "race"),
        protected=("race",),
        cluster="customer",
        block="1d",
        costs={"1": {"0": 5.0}, "0": {"1": 1.0}},
        metrics=(OwnMetric(path="benchmarks.gate_cost:profit", greater_is_better=True),),
        estimator=Estimator("sklearn.linear_model:LogisticRegression"),
        gate=Gate(
            rule.better_than_baseline(),
            rule.not_worse_than_champion("log_loss", margin=0.005),
            rule.not_worse_than_champion("roc_auc", margin=0.01),
            rule.not_worse_than_champion("profit", margin=0.05),
            rule.any_of(rule.better_than_champion("brier"), rule.bound("roc_auc", at_least=0.6)),
            rule.bound("expected_cost", at_most=1.0),
            rule.per_slice("region", margin=0.02),
            rule.per_slice("age", bins=[-1, 0, 1], margin=0.02, every=True),
            rule.per_slice(queries=young, metric="roc_auc"),
            rule.calibration(at_most=0.05),
            *(
                rule.fairness("race", measure, at_most=0.1)
                for measure in ("demographic_parity", "equalised_odds", "equal_opportunity")
            ),
            rule.robustness(noise=0.05, margin=0.05),
            rule.robustness("roc_auc", noise=0.1, columns=["income"], margin=0.05),
            rule.input_contract("same"),
            rule.size(at_most=50),
            rule.age("90d"),
            rule.min_rows(10_000),
            rule.training_rows(1_000),
            rule.custom("benchmarks.gate_cost:agreeable"),
        ),
    )


def rows(count: int, seed: int = 0) -> pd.DataFrame:
    """Return rows of January in order of time: five numbers, 20 regions, five groups, four rows a customer."""
    random = np.random.default_rng(seed)
    numbers = random.standard_normal((count, len(NUMBERS)))
    chance = 1 / (1 + np.exp(1.5 - numbers @ np.array([-0.8, 1.0, 0.2, -0.3, 0.4])))
    return pd.DataFrame(
        {
            "loan_id": np.arange(count),
            "applied_at": pd.date_range(START, END, periods=count + 1, inclusive="left").astype("datetime64[us, UTC]")[
                :count
            ],
            **dict(zip(NUMBERS, numbers.T, strict=True)),
            "customer": random.integers(0, count // 4, count),
            "region": np.array([f"region {index:02d}" for index in range(20)], dtype=object)[
                random.integers(0, 20, count)
            ],
            "race": np.array(list("abcde"), dtype=object)[random.integers(0, 5, count)],
            "default": (random.random(count) < chance).astype(float),
        }
    )


def version_of(number: int) -> Version:
    """Return a version trained before the rows begin."""
    return Version(
        model="loans",
        window="2024-01",
        window_start=START,
        window_end=END,
        trained_until=START,
        fingerprint=f"sha256:{number}",
        artifact="sha256:a",
        artifact_bytes=1000,
        snapshots=("sha256:s",),
        rows=20_000,
        profile="sha256:p",
        spec_digest="sha256:d",
        training_digest="sha256:t",
        code_digest="sha256:c",
        environment={},
        seed=0,
        columns=dict.fromkeys(NUMBERS, "number"),
        version=number,
        state="evaluated",
        created_at=END,
        actor="benchmark",
    )


def main(count: int = 1_000_000) -> int:
    """Gate once and tell."""
    model, holdout, training = spec(), rows(count), rows(20_000, seed=1)
    fitted = [
        LogisticRegression().fit(training[list(NUMBERS)].head(size), training["default"].head(size))
        for size in (20_000, 18_000)
    ]
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
    begin, used = time.perf_counter(), time.process_time()
    found = evaluate(
        holdout,
        training,
        model,
        None,
        Contender(version_of(2), fitted[0]),
        Contender(version_of(1), fitted[1]),
        {"profit": profit},
    )
    evaluated = time.perf_counter() - begin
    champion = Champion(
        model="loans", version=1, epoch=1, at=START, window="2024-01", window_end=END, trained_until=START
    )
    case = Case(
        model=model,
        version=version_of(2),
        evaluation=found,
        champion=champion,
        champion_version=version_of(1),
        as_of=END,
        own={"benchmarks.gate_cost:agreeable": agreeable},
    )
    result = judge(case, "sha256:e")
    used = time.process_time() - used
    seconds, peak = time.perf_counter() - begin, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
    kinds = set(kinds_of(model.gate.rules))
    passed = sum(verdict.outcome == "pass" for verdict in result.verdicts)
    print(f"{count:,} rows, {len(found.slices)} slices, {len(found.metrics)} metrics, {len(kinds)} kinds of rules")
    print(f"decision {result.decision}; {passed} of {len(result.verdicts)} verdicts pass")
    print(f"evaluate {evaluated:.2f} s, judge {seconds - evaluated:.3f} s; peak {peak:.2f} GB ({before:.2f} before)")
    met = used < SECONDS and peak < GIGABYTES
    message = f"{used:.2f} s of processor ({seconds:.2f} s on the clock) of {SECONDS:g}, {peak:.2f} GB of {GIGABYTES:g}"
    print(f"{message}: {'met' if met else 'NOT met'}")
    return 0 if met else 1


if __name__ == "__main__":
    sys.exit(main(*(int(argument) for argument in sys.argv[1:])))
