"""A search as pure functions: the race, what comes next, the choice, and what the gate makes of a lucky winner."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import numpy as np
import pytest
from scipy import stats
from sklearn.tree import DecisionTreeClassifier

from tests.unit.lifecycle.examples import model_with, rows_of, version_of
from windvane import Estimator, Gate, Search, rule, space
from windvane.errors import SearchFailed, TooFewRows
from windvane.lifecycle.evaluate import Contender, evaluate
from windvane.lifecycle.features import design
from windvane.lifecycle.gate import judge
from windvane.lifecycle.rules import Case
from windvane.lifecycle.split import split_history
from windvane.lifecycle.train import fit
from windvane.lifecycle.tuning.choosing import choose, states_of
from windvane.lifecycle.tuning.folds import folds_of
from windvane.lifecycle.tuning.race import ALPHA, beside
from windvane.lifecycle.tuning.study import best_of, upcoming
from windvane.lifecycle.tuning.trial import tried
from windvane.results import Cost, FoldLoss, Study, Trial, TrialResult
from windvane.spec.samplers import SAMPLERS, SamplerKind, Told

SPACE = {"a": space.real(0.0, 1.0), "n": space.integer(1, 9, simple="low")}
DIGEST = "sha256:" + "0" * 64


def study_of(**changes: Any) -> Study:
    fields: dict[str, Any] = {
        "model": "loans", "window": "2020-02", "snapshots": (), "search": {}, "estimator": {}, "training_digest": "",
        "code_digest": "", "environment": {}, "seed": 0, "study": DIGEST, "first": ({},),
    }  # fmt: skip
    return Study(**(fields | changes))


def fold_of(losses: Any, name: str = "2020-01") -> FoldLoss:
    pieces = tuple(float(item) for item in losses)
    weights = (10.0,) * len(pieces)
    return FoldLoss(
        fold=name, rows=10 * len(pieces), trained=100, loss=float(np.mean(pieces)), pieces=pieces, weights=weights,
        digest=DIGEST,
    )  # fmt: skip


def trial_of(number: int, loss: float | None, parameters: Mapping[str, Any] | None = None, **changes: Any) -> Trial:
    state = "failed" if loss is None else "done"
    result = TrialResult(state=state, folds=(fold_of([loss or 0.0] * 20),), loss=loss, problem="" if loss else "no")
    fields: dict[str, Any] = {
        "model": "loans", "study": DIGEST, "trial": number, "state": state, "parameters": dict(parameters or {}),
        "seed": 0, "owner": "here:1:1", "claim": 1, "until": datetime(2020, 3, 1, tzinfo=UTC), "result": result,
        "cost": Cost(seconds=1.0, processor=1.0, megabytes=1.0),
    }  # fmt: skip
    return Trial(**(fields | changes))


def running(number: int) -> Trial:
    return trial_of(number, 1.0, state="running", result=None, cost=None)


def never(trial: Trial) -> bool:
    return False


@pytest.mark.parametrize("sampler", sorted(SAMPLERS))
def test_a_sampler_is_a_function_of_what_was_told_and_stays_within_its_space(sampler: str) -> None:
    kind: type[SamplerKind] = SAMPLERS.get(sampler)
    wide = {
        "kind": space.choice("line", "curve"),
        "rate": space.log(0.001, 1.0),
        "degree": space.integer(2, 5, kind="curve"),
    }
    told: list[Told] = []
    for seed in range(25):
        found = kind.propose(wide, told, seed)
        assert found == kind.propose(wide, told, seed)
        assert ("degree" in found) == (found["kind"] == "curve")
        assert all(wide[name].holds(value) for name, value in found.items())
        told.append(Told(seed, found, abs(found["rate"] - 0.1)))
    assert len({str(item.parameters) for item in told}) > 15


def test_tpe_comes_closer_than_chance() -> None:
    """The mean distance to the optimum of the last ten of 40 proposals, over three seeds."""
    away: dict[str, list[float]] = {}
    for sampler in ("random", "tpe"):
        for start in range(3):
            told: list[Told] = []
            for number in range(40):
                found = SAMPLERS.get(sampler).propose(SPACE, told, 1000 * start + number)
                told.append(Told(number, found, (found["a"] - 0.3) ** 2 + 0.01 * abs(found["n"] - 4)))
            away.setdefault(sampler, []).append(float(np.mean([item.loss for item in told[-10:]])))
    assert np.mean(away["tpe"]) < 0.6 * np.mean(away["random"])


def test_a_proposal_rests_on_what_must_be_known_whoever_was_faster() -> None:
    search = Search(space=SPACE, trials=9, parallel=3, sampler="tpe")
    trials = [trial_of(0, 0.5), *(trial_of(number, 0.1 * number, {"a": 0.1 * number, "n": 2}) for number in (1, 2, 3))]
    slow = [*trials[:2], running(2), running(3)]
    slow[2:] = [item.model_copy(update={"parameters": trials[item.trial].parameters}) for item in slow[2:]]
    assert upcoming(study_of(), search, trials, never) == upcoming(study_of(), search, slow, never)
    assert upcoming(study_of(), search, [trials[0], running(1), trials[2], trials[3]], never).then == "wait"


def test_an_abandoned_trial_is_taken_over_first_and_a_full_study_ends() -> None:
    search = Search(space=SPACE, trials=2, sampler="random")
    step = upcoming(study_of(), search, [trial_of(0, 0.5), running(1)], lambda trial: True)
    assert (step.then, step.trial, step.claim) == ("take", 1, 1)
    assert upcoming(study_of(), search, [trial_of(0, 0.5), trial_of(1, 0.6)], never).then == "end"
    spent = Search(space=SPACE, trials=9, budget="1s", sampler="random")
    assert upcoming(study_of(), spent, [trial_of(0, 0.5)], never).then == "end"


def test_a_space_of_few_values_ends_when_all_were_tried() -> None:
    search = Search(space={"way": space.choice("a", "b")}, trials=60, sampler="random")
    trials: list[Trial] = []
    while (step := upcoming(study_of(), search, trials, never)).then == "begin":
        trials.append(trial_of(step.trial, 0.5, step.parameters))
    assert step.then == "end"
    assert [item.parameters for item in trials[:1]] == [{}]
    assert sorted(item.parameters["way"] for item in trials[1:]) == ["a", "b"]


def test_of_trials_that_lose_the_same_the_simplest_is_chosen_and_what_it_took_plays_no_part() -> None:
    search = Search(space=SPACE, trials=9, sampler="random", tie=0.01)
    trials = [
        trial_of(0, 0.60),
        trial_of(1, 0.500, {"a": 0.1, "n": 9}),
        trial_of(2, 0.503, {"a": 0.2, "n": 2}, cost=Cost(seconds=900.0, processor=1.0, megabytes=1.0)),
        trial_of(3, 0.520, {"a": 0.3, "n": 1}),
        trial_of(4, None, {"a": 0.4, "n": 1}),
    ]
    found = choose(study_of(), search, trials, "log_loss")
    assert found.trial.trial == 2
    assert found.headline == (
        "Trial 2 of 5: log_loss 0.503, -0.097 beside the declared, as good as trial 1 and simpler"
    )
    assert choose(study_of(), search.revised(tie=0.0), trials, "log_loss").trial.trial == 1
    assert best_of(trials, up_to=0) == trials[0]
    assert states_of(trials) == {"done": 4, "failed": 1}
    with pytest.raises(SearchFailed, match="none of 1 trials"):
        choose(study_of(), search, trials[-1:], "log_loss")


def test_no_fold_has_a_row_of_the_holdout_and_each_is_later_than_what_it_learns_from() -> None:
    model = model_with(gate=Gate(min_rows=60))
    frames = [rows_of(200, seed) for seed in range(3)]
    for index, frame in enumerate(frames):
        frame["applied_at"] += np.timedelta64(30 * index, "D")
    cut = split_history(frames, model).cut
    folds = folds_of(frames, ["a", "b", "c"], 5, model)
    assert [fold.name for fold in folds.folds] == ["b", "c"]
    assert folds.rows["applied_at"].max() < cut
    for fold in folds_of(frames[-1:], ["c"], 3, model).folds:
        times = folds_of(frames[-1:], ["c"], 3, model).rows["applied_at"]
        assert times.iloc[fold.start - 1] < times.iloc[fold.start]
    assert [fold.name for fold in folds_of(frames[-1:], ["c"], 3, model).folds] == ["c#1", "c#2", "c#3"]
    with pytest.raises(TooFewRows, match="too few for a search"):
        folds_of([rows_of(90)], ["a"], 3, model_with(min_rows=60))


@pytest.mark.parametrize("runs", [400])
def test_equal_trials_are_hardly_ever_dropped(runs: int) -> None:
    """Over five looks: the rate of wrongly dropped trials has an upper bound (99 %) that is not far from ALPHA."""
    wrong = 0
    for seed in range(runs):
        draw = np.random.default_rng(seed)
        own = draw.gamma(2.0, 0.3, (5, 50)) + draw.normal(0, 0.05, (5, 50))
        other = draw.gamma(2.0, 0.3, (5, 50)) + draw.normal(0, 0.05, (5, 50))
        folds = [[fold_of(part, f"w{index}") for index, part in enumerate(side)] for side in (own, other)]
        wrong += any(beside(folds[0][:look], folds[1]).surely_worse for look in range(1, 6))
    assert stats.binom.cdf(wrong - 1, runs, ALPHA) < 0.99, f"{wrong} of {runs}"


def test_a_trial_that_is_worse_is_dropped_on_its_first_fold() -> None:
    draw = np.random.default_rng(0)
    losses = draw.gamma(2.0, 0.3, 50)
    assert beside([fold_of(losses + draw.normal(0.02, 0.03, 50))], [fold_of(losses)]).surely_worse
    assert not beside([fold_of(losses[:10] + 1.0)], [fold_of(losses[:10])]).surely_worse, "too few pieces"


@pytest.mark.parametrize(("runs", "trials"), [(6, 12)])
def test_a_search_among_noise_is_hardly_ever_promoted(runs: int, trials: int) -> None:
    """The target follows nothing. A promotion is wrong where the winner is in truth no better than the champion.

    The truth is known: what a score loses on average where each outcome comes by the base rate. Beside it stands what a
    search alone would say: its winner has a better mean loss than the champion.
    """
    found = [noise(seed, trials) for seed in range(runs)]
    wrong, promoted, better = (sum(side) for side in zip(*found, strict=True))
    said = f"wrong {wrong}, promoted {promoted}, better in the search {better}, of {runs} searches of {trials} trials"
    assert stats.binom.cdf(wrong - 1, runs, 0.05) < 0.99, said
    assert better > runs / 2, said


def noise(seed: int, trials: int) -> tuple[bool, bool, bool]:
    """Search among trees on rows whose target was permuted.

    Returns:
        Whether the gate promotes wrongly, whether it promotes at all, and whether the search calls its winner better.
    """
    frame = rows_of(600, seed)
    frame["default"] = np.random.default_rng([seed, 1]).permutation(frame["default"].to_numpy())
    tune = Search(
        space={"random_state": space.integer(0, 10**6), "max_depth": space.integer(1, 4)}, trials=trials,
        sampler="random", windows=2, tie=0.0,
    )  # fmt: skip
    declared = Estimator("sklearn.tree:DecisionTreeClassifier", max_depth=2, max_features=1, min_samples_leaf=20)
    gate = Gate(rule.better_than_champion())
    model = model_with(estimator=declared, tune=tune, gate=gate, features={"numbers": ("income", "debt")})
    folds = folds_of([frame], ["2020-02"], 2, model)
    found: list[Trial] = []
    while (step := upcoming(study_of(study=f"{seed:064}"), tune, found, never)).then == "begin":
        concrete = model.model_copy(update={"estimator": tune.estimator(declared, step.parameters)})
        best = best_of(found, step.trial - 1)
        result = tried(folds, concrete, DecisionTreeClassifier, None, None, best)
        found.append(trial_of(step.trial, result.loss, step.parameters, state=result.state, result=result))
    chosen = choose(study_of(), tune, found, "log_loss").trial
    parts = split_history([frame], model)
    sides = []
    for number, parameters in ((1, {}), (2, chosen.parameters)):
        concrete = model.model_copy(update={"estimator": tune.estimator(declared, parameters)})
        estimator, _, _ = fit(parts.train, concrete, DecisionTreeClassifier, None)
        sides.append(Contender(version_of(version=number, trained_until=parts.cut), estimator))
    evaluation = evaluate(parts.holdout, parts.train[[model.target]], model, None, sides[1], sides[0])
    case = Case(
        model=model, version=sides[1].version, evaluation=evaluation, champion_version=sides[0].version, champion=None
    )
    first, last = found[0].result, chosen.result
    assert first is not None and last is not None and first.loss is not None and last.loss is not None
    promoted = judge(case, "sha256:e").decision == "promote"
    rate = float(frame["default"].mean())
    truth = [expected_loss(side.estimator, design(parts.holdout, model, None), rate) for side in sides]
    return promoted and truth[1] >= truth[0], promoted, last.loss < first.loss


def expected_loss(estimator: Any, features: Any, rate: float) -> float:
    """Return the mean log loss of an estimator's scores where every outcome is 1 with the same chance."""
    scores = np.clip(estimator.predict_proba(features)[:, 1], 1e-15, 1 - 1e-15)
    return float(-np.mean(rate * np.log(scores) + (1 - rate) * np.log(1 - scores)))
