"""Wrong promotions per 100 retrainings: the default gate beside what people do today.

Run: `python -m benchmarks.gate_wrong_promotions [--quick]`. Four ways to decide on the same retrained version, holdout
and champion:

- `threshold`: promote when the log loss is below a fixed number (that of the first version on its holdout, and 5 %);
- `new is higher`: promote when the new version's point estimate is better, as a model registry's comparison shows it;
- `windvane`: `Gate()`, better than a baseline, not worse than the champion by more than 2 %;
- `windvane, better`: `better_than_champion()`.

A promotion is wrong when the new version is truly worse than the champion it replaces: on simulated streams by its
loss on 100,000 fresh rows of the same month, on the flights by its loss on the whole month that follows, which is when
it scores. It is harmful when the loss is worse by more than 2 %. A promotion is missed when the new version is truly
better by more than 2 % and does not get through. Each way has a champion of its own, so mistakes have consequences.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from sklearn.linear_model import LogisticRegression

from windvane.lifecycle.features import design, outcomes
from windvane.lifecycle.frames import check_frame
from windvane.lifecycle.metrics import Array, Sample, measure, paired_difference
from windvane.lifecycle.rules.better_than_champion import BetterThanChampion
from windvane.lifecycle.rules.margin import paired
from windvane.lifecycle.split import split
from windvane.lifecycle.train import score_rows, train
from windvane.loading import find_spec
from windvane.spec import Gate
from windvane.spec.metrics import metric_of
from windvane.spec.rules import MarginRule
from windvane.stores.code import resolve
from windvane.stores.datasets import read_source
from windvane.windows import Window

if TYPE_CHECKING:
    import pandas as pd

ROOT = Path(__file__).resolve().parent.parent
LOSS = metric_of("log_loss")
HARM = 0.02
Scorer = Callable[[Any], Array]


@dataclass
class Round:
    """One retraining: the new version, its holdout, and rows that tell the truth."""

    new: Scorer
    holdout: Any
    outcomes: Array
    baseline: float
    truth: Any
    true_outcomes: Array


@dataclass
class Policy:
    """A way to decide, its champion, and what came of it."""

    name: str
    decide: Callable[[Sample, Sample, Sample], bool]
    champion: Scorer | None = None
    promoted: int = 0
    wrong: int = 0
    harmful: int = 0
    missed: int = 0
    losses: list[float] = field(default_factory=list)

    def play(self, given: Round) -> None:
        """Decide on one retraining and compare with the truth."""
        if self.champion is None:
            self.champion = given.new
            return
        new, old = (loss(scorer(given.truth), given.true_outcomes) for scorer in (given.new, self.champion))
        samples = [
            Sample("binary", given.outcomes, scores)
            for scores in (
                given.new(given.holdout),
                self.champion(given.holdout),
                np.full(len(given.outcomes), given.baseline),
            )
        ]
        if self.decide(*samples):
            self.promoted += 1
            self.wrong += new > old
            self.harmful += new > old * (1 + HARM)
            self.champion = given.new
        else:
            self.missed += new < old * (1 - HARM)
        self.losses.append(min(new, old) if new == old else new if self.champion is given.new else old)


def loss(scores: Array, target: Array) -> float:
    """Return the log loss."""
    found = measure("log_loss", Sample("binary", target, scores)).value
    assert found is not None
    return found


def default_gate(new: Sample, old: Sample, base: Sample) -> bool:
    """Return whether `Gate()` lets a version through."""
    better, not_worse = (rule for rule in Gate().rules if isinstance(rule, MarginRule))
    own, champion, baseline = (measure("log_loss", sample) for sample in (new, old, base))
    return (
        paired(better, paired_difference(LOSS, own, baseline, "baseline"), LOSS, "baseline", give=False).outcome
        == "pass"
        and paired(not_worse, paired_difference(LOSS, own, champion, "v1"), LOSS, "v1", give=True).outcome == "pass"
    )


def surely_better(new: Sample, old: Sample, _base: Sample) -> bool:
    """Return whether `better_than_champion()` lets a version through."""
    found = paired_difference(LOSS, measure("log_loss", new), measure("log_loss", old), "v1")
    return paired(BetterThanChampion(), found, LOSS, "v1", give=False).outcome == "pass"


def policies() -> list[Policy]:
    """Return the four ways, each with no champion yet."""
    first: list[float] = []

    def threshold(new: Sample, old: Sample, _base: Sample) -> bool:
        if not first:
            first.append(1.05 * loss(old.scores, old.target))
        return loss(new.scores, new.target) < first[0]

    return [
        Policy("threshold", threshold),
        Policy("new is higher", lambda new, old, _: loss(new.scores, new.target) < loss(old.scores, old.target)),
        Policy("windvane", default_gate),
        Policy("windvane, better", surely_better),
    ]


# ------------------------------------------------------------------------------------------- streams


def stream(kind: str, months: int, seed: int, rows: int = 300) -> Iterator[Round]:
    """Yield retrainings of a logistic regression on one month's rows, judged on 300 later ones.

    `stationary`: nothing ever changes. `sudden`: the coefficients change once, half way. `lost labels`: in every
    fourth month two fifths of the positive labels to train on, not those of the holdout, are lost: a pipeline that
    breaks now and then.
    """
    random = np.random.default_rng([seed, len(kind)])
    for month in range(months):
        weights = np.array([1.0, -0.8, 0.5, 0.0, 0.3, 0.0, 0.0, 0.2])
        if kind == "sudden" and month >= months // 2:
            weights = weights[::-1].copy()

        def drawn(count: int, weights: Array = weights) -> tuple[Array, Array]:
            features = random.standard_normal((count, len(weights)))
            chance = 1 / (1 + np.exp(1.0 - features @ weights))
            return features, (random.random(count) < chance).astype(np.int64)

        features, target = drawn(rows)
        holdout, held = drawn(300)
        truth, real = drawn(100_000)
        if kind == "lost labels" and month % 4 == 3:
            target = np.where(random.random(rows) < 0.4, 0, target)
        model = LogisticRegression().fit(features, target)
        yield Round(_scorer(model), holdout, held, float(target.mean()), truth, real)


def _scorer(model: Any) -> Scorer:
    return lambda features: np.asarray(model.predict_proba(features)[:, 1])


def flights() -> Iterator[Round]:
    """Yield eleven retrainings of the example as it is declared, on all months so far; the truth is the next month."""
    spec = find_spec("flights", ROOT / "dags")
    cadence = spec.cadence
    windows: list[Window] = cadence.between(cadence.window("2013-01"), cadence.window("2013-12"))
    frames = [check_frame(read_source(spec, window), spec, window) for window in windows]
    build = resolve(spec.estimator.path)

    def scorer(estimator: Any) -> Scorer:
        return lambda frame: score_rows(estimator, design(frame, spec, None), spec)

    for index, (frame, following) in enumerate(pairwise(frames)):
        parts = split(frame, spec)
        trained = train(frames[: index + 1], spec, build, None)
        later: pd.DataFrame = following[following[spec.target].notna()]
        base = float(outcomes(parts.train, spec).mean())
        yield Round(
            scorer(trained.estimator), parts.holdout, outcomes(parts.holdout, spec), base, later, outcomes(later, spec)
        )


def message(name: str, found: Sequence[Policy], rounds: int) -> None:
    """Print one line a policy, per 100 retrainings."""
    for policy in found:
        wrong, harmful, missed, promoted = (
            100 * count / rounds for count in (policy.wrong, policy.harmful, policy.missed, policy.promoted)
        )
        mean = float(np.mean(policy.losses))
        print(f"{name:14} {policy.name:18} {promoted:9.1f} {wrong:9.1f} {harmful:9.1f} {missed:9.1f} {mean:11.4f}")


def main(arguments: Sequence[str] = ()) -> int:
    """Play the streams and the flights, and print one table."""
    streams, months = (5 if "--quick" in arguments else 50), 25
    print(f"per 100 retrainings: {'':11} {'promoted':>9} {'wrong':>9} {'harmful':>9} {'missed':>9} {'mean loss':>11}")
    met = True
    for kind in ("stationary", "sudden", "lost labels"):
        total = [Policy(policy.name, policy.decide) for policy in policies()]
        for seed in range(streams):
            fresh = policies()
            for given in stream(kind, months, seed):
                for policy in fresh:
                    policy.play(given)
            for whole, part in zip(total, fresh, strict=True):
                for name in ("promoted", "wrong", "harmful", "missed"):
                    setattr(whole, name, getattr(whole, name) + getattr(part, name))
                whole.losses += part.losses
        message(kind, total, streams * (months - 1))
        met &= all(total[2].harmful <= total[index].harmful for index in (0, 1))
    fresh = policies()
    rounds = list(flights())
    for given in rounds:
        for policy in fresh:
            policy.play(given)
    message("flights", fresh, len(rounds) - 1)
    print("met" if met else "NOT met")
    return 0 if met else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
