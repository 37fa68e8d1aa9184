"""A search: what it sees, what it survives, and what its choice becomes."""

from __future__ import annotations

import json
import os
import random
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from tests.unit.steps.conftest import GATE
from windvane import Branch, Estimator, Gate, Model, Search, rule, space
from windvane.errors import NotSearched, SearchFailed, SpecError
from windvane.pipeline import runner
from windvane.results import Run, Trial
from windvane.steps import attempt, card, choose, propose, reproduce, train, verify
from windvane.steps.trying import unsearchable
from windvane.stores import Stores, open_stores

Make = Callable[..., Model]
SPACE = {"C": space.log(0.001, 10.0, simple="low"), "fit_intercept": space.choice(True, False)}
WINDOW = "2020-04"


def searched(make: Make, **more: Any) -> Model:
    """Return the small model with a search by chance; its rows are those of the fixture."""
    return make(tune=Search(**({"space": SPACE, "trials": 8, "sampler": "random"} | more)))


def trials_of(stores: Stores) -> list[Trial]:
    """Return the trials of the latest study."""
    study = stores.registry.tuning.studies("loans")[0]
    return stores.registry.tuning.trials("loans", study.study)


def told(trials: list[Trial]) -> list[Any]:
    """Return what must be the same whoever tried."""
    return [(item.trial, item.state, item.parameters, item.result) for item in trials]


def train_in(model: Model, stores: Stores, run: Run, window: str = WINDOW) -> runner.TrainOutcome:
    return runner.run_train(model, model.cadence.window(window), stores, run, without=("explain",))


def test_a_version_is_trained_with_what_the_search_chose_and_is_the_one_declared_by_hand(
    make: Make, stores: Stores, run: Run, tmp_path: Path
) -> None:
    model = searched(make)
    found = train_in(model, stores, run)
    version = stores.registry.versions.get("loans", 1)
    study = stores.registry.tuning.studies("loans")[0]
    assert (version.study, version.trial) == (study.study, study.chosen)
    chosen = trials_of(stores)[version.trial or 0].parameters
    by_hand = make(estimator=Estimator("sklearn.linear_model:LogisticRegression", **chosen))
    elsewhere = open_stores(f"sqlite:///{tmp_path / 'other.db'}", str(tmp_path / "other"))
    same = train_in(by_hand, elsewhere, run)
    assert same.digest == found.digest
    assert elsewhere.registry.versions.get("loans", 1).fingerprint == version.fingerprint
    assert verify("loans", stores).problems == ()
    assert reproduce("loans", 1, stores).same
    assert f"trial {version.trial} of the search {study.study}" in str(card(model, 1, stores))
    assert "The spec was changed" not in str(card(model, 1, stores))
    assert train_in(model, stores, run).version == 1
    assert len(stores.registry.tuning.studies("loans")) == 1


def test_the_search_sees_no_row_of_the_gates_holdout(make: Make, stores: Stores, run: Run) -> None:
    from windvane.steps.tuning import _Work

    model = searched(make, trials=2)
    train_in(model, stores, run)
    version = stores.registry.versions.get("loans", 1)
    folds = _Work(model, version.study, stores, run).folds
    assert folds.rows["applied_at"].max() < version.trained_until
    for fold in folds.folds:
        assert folds.rows["applied_at"].iloc[: fold.start].max() < folds.rows["applied_at"].iloc[fold.start]
    assert [fold.name for fold in folds.folds] == ["2020-02", "2020-03", "2020-04"]


def test_rows_of_the_holdout_decide_nothing_in_a_search(make: Make, run: Run, tmp_path: Path) -> None:
    """Outcomes of the holdout are turned round: the trials and the choice stay to the last digit."""
    came = []
    for name in ("as_they_are", "turned"):
        home = tmp_path / name
        stores = open_stores(f"sqlite:///{home / 'registry.db'}", str(home / "artifacts"))

        def turn(frame: Any, name: str = name) -> Any:
            late = frame["applied_at"] >= "2020-04-23"
            frame.loc[late & (name == "turned"), "default"] = 1 - frame["default"]
            return frame

        model = make(turn, tune=Search(space=SPACE, trials=4, sampler="random", race=False))
        train_in(model, stores, run)
        came.append([(item.state, item.result) for item in trials_of(stores)[:1]])
        assert stores.registry.versions.get("loans", 1).trained_until.strftime("%Y-%m-%d") < "2020-04-23"
    assert came[0] == came[1]


@pytest.mark.parametrize("sampler", ["random", "tpe"])
def test_a_search_that_is_killed_again_and_again_has_the_trials_of_one_that_is_not(
    make: Make, run: Run, tmp_path: Path, sampler: str
) -> None:
    slow = Estimator("tests.unit.steps.searched:regression", slowly=0.03)
    tune = Search(space={"C": space.log(0.001, 10.0)}, trials=16, parallel=3, sampler=sampler)
    model = make(estimator=slow, tune=tune)
    homes = []
    for name in ("calm", "killed"):
        place = (f"sqlite:///{tmp_path / name / 'registry.db'}", str(tmp_path / name / "artifacts"))
        with closing_stores(place) as stores:
            study = proposed(model, stores, run)
        homes.append((place, study))
    (calm, study), (killed, other) = homes
    assert study == other
    with closing_stores(calm) as stores:
        attempt(model, study, 0, stores, run)
        expected = told(trials_of(stores))
        best = choose(model, study, stores, run)
    kills = kill_and_resume(model, killed, study, run)
    with closing_stores(killed) as stores:
        assert told(trials_of(stores)) == expected
        assert {item.state for item in trials_of(stores)} <= {"done", "dropped"}
        assert choose(model, study, stores, run).parameters == best.parameters
        assert verify("loans", stores).problems == ()
        assert any(item.claim > 1 for item in trials_of(stores)), "a trial was taken over"
    assert kills >= 4


def kill_and_resume(model: Model, place: tuple[str, str], study: str, run: Run) -> int:
    """Let three workers at once be killed until the study is complete; return how often one was."""
    chance, kills = random.Random(7), 0  # noqa: S311 (chance under a seed)
    workers = [started(model, place, study, run) for _ in range(3)]
    while workers:
        time.sleep(chance.uniform(0.1, 0.5))
        worker = workers.pop(0)
        if os.waitpid(worker, os.WNOHANG)[0]:
            continue
        if kills < 8:
            os.kill(worker, signal.SIGKILL)
            kills += 1
            workers.append(started(model, place, study, run))
        os.waitpid(worker, 0)
    return kills


def started(model: Model, place: tuple[str, str], study: str, run: Run) -> int:
    """Start a worker as a process of its own."""
    child = os.fork()
    if child == 0:
        try:
            with closing_stores(place) as stores:
                attempt(model, study, 0, stores, run)
        finally:
            os._exit(0)
    return child


def closing_stores(place: tuple[str, str]) -> Any:
    """Open stores, and close them."""
    from contextlib import contextmanager

    @contextmanager
    def opened() -> Iterator[Stores]:
        stores = open_stores(*place)
        with closing(stores.registry):
            yield stores

    return opened()


def proposed(model: Model, stores: Stores, run: Run) -> str:
    """Take the window's snapshot, and propose its study."""
    from windvane.steps import snapshot, validate

    window = model.cadence.window(WINDOW)
    taken = snapshot(model, window, stores, run)
    validate(model, window, taken.digest, stores, run)
    return propose(model, window, taken.digest, stores, run).study


def test_what_raises_hangs_gives_nan_eats_memory_or_dies_is_named_and_the_search_goes_on(
    make: Make, stores: Stores, run: Run
) -> None:
    problems: dict[str, str] = {}
    for way in ("raises", "hangs", "nan", "eats", "dies"):
        tune = Search(
            space={"way": space.choice(way, f"{way} too"), "C": space.real(0.5, 2.0)},
            trials=2, sampler="random", trial_limit="1s", memory=500, windows=1, warm=False,
        )  # fmt: skip
        estimator = Estimator("tests.unit.steps.searched:Wayward", trusted=["tests.unit.steps.searched.Wayward"])
        train_in(make(estimator=estimator, tune=tune), stores, run)  # what is declared is tried first, and is fine
        for item in trials_of(stores):
            assert item.result is not None
            problems[item.parameters.get("way", "fine").split()[0]] = item.result.problem
    assert problems["fine"] == ""
    assert problems["raises"].startswith("TrainingFailed: loans: Wayward raised while fitting: RuntimeError: this way")
    assert problems["hangs"] == "it took more than 1 s, and was ended"
    assert problems["nan"].startswith("ScoringFailed: loans: ")
    assert "emory" in problems["eats"]
    assert problems["dies"] == "its process was ended by SIGKILL, as for want of memory"
    assert verify("loans", stores).problems == ()


def test_a_search_of_which_nothing_can_be_judged_names_why(make: Make, stores: Stores, run: Run) -> None:
    tune = Search(space={"C": space.real(-2.0, -1.0)}, trials=3, sampler="random")
    model = make(estimator=Estimator("sklearn.linear_model:LogisticRegression", C=-1.0), tune=tune)
    with pytest.raises(SearchFailed, match=r"none of 3 trials was judged on all folds: .*C.*; 1 x"):
        train_in(model, stores, run)
    assert stores.registry.versions.all("loans") == []
    assert [item.state for item in trials_of(stores)] == ["failed"] * 3


def test_a_budget_that_is_spent_by_the_first_trial_leaves_what_is_declared(
    make: Make, stores: Stores, run: Run
) -> None:
    slow = Estimator("tests.unit.steps.searched:regression", slowly=0.5)
    tune = Search(space={"C": space.log(0.001, 10.0)}, trials=30, budget="1s", sampler="random")
    assert train_in(make(estimator=slow, tune=tune), stores, run).version == 1
    study = stores.registry.tuning.studies("loans")[0]
    assert (len(trials_of(stores)), study.chosen) == (1, 0)
    assert study.headline.endswith("the budget was spent")


def test_another_space_is_another_study_that_begins_with_the_best_of_the_last_one(
    make: Make, stores: Stores, run: Run
) -> None:
    narrow = searched(make, trials=4)
    proposed(narrow, stores, run)  # and then killed
    wide = searched(make, trials=5, space={**SPACE, "C": space.log(0.0001, 100.0)})
    train_in(wide, stores, run)
    train_in(wide, stores, run, "2020-05")
    third, second, first = (stores.registry.tuning.studies("loans")[index] for index in range(3))
    assert first.chosen is None
    assert second.window == WINDOW
    best = stores.registry.tuning.trials("loans", second.study)[second.chosen or 0].parameters
    assert third.first[0] == {}
    assert best == {} or best in third.first


def test_two_searches_at_once_are_one_study(make: Make, run: Run, tmp_path: Path) -> None:
    place = (f"sqlite:///{tmp_path / 'two' / 'registry.db'}", str(tmp_path / "two" / "artifacts"))
    model = searched(make, trials=12, parallel=2)
    with closing_stores(place) as stores:
        study = proposed(model, stores, run)
    for worker in [started(model, place, study, run) for _ in range(3)]:
        os.waitpid(worker, 0)
    with closing_stores(place) as stores:
        found = trials_of(stores)
        kinds = [event.kind for event in stores.registry.audit.events("loans")]
        assert [item.trial for item in found] == list(range(12))
        assert kinds.count("trial.begun") == kinds.count("trial.ended") == 12
        assert all(item.claim == 1 for item in found)


def test_training_alone_says_that_the_search_comes_first(make: Make, stores: Stores, run: Run) -> None:
    model = searched(make)
    proposed(model, stores, run)
    taken = stores.registry.snapshots.latest("loans", WINDOW, mature_only=True)
    assert taken is not None
    with pytest.raises(NotSearched, match="windvane run train loans --window 2020-04"):
        train(model, model.cadence.window(WINDOW), taken.digest, stores, run)


def test_one_of_several_estimators_is_chosen_and_of_equal_ones_the_first(make: Make, stores: Stores, run: Run) -> None:
    line = Estimator("sklearn.linear_model:LogisticRegression")
    branches = {
        "line": Branch(estimator=line, space={"C": space.log(0.01, 10.0, simple="low")}),
        "tree": Branch(
            estimator=Estimator("sklearn.tree:DecisionTreeClassifier"), space={"max_depth": space.integer(2, 8)}
        ),
    }
    model = make(tune=Search(branches=branches, trials=10, sampler="random"))
    train_in(model, stores, run)
    assert {item.parameters["estimator"] for item in trials_of(stores)} == {"line", "tree"}
    assert "LogisticRegression" in stores.artifacts.get(stores.registry.versions.get("loans", 1).spec_digest).decode()
    with pytest.raises(SpecError, match="must hold the spec's estimator"):
        make(estimator=Estimator("baseline"), tune=Search(branches=branches))


def test_windows_between_two_searches_take_what_was_chosen_last_in_any_order(
    make: Make, stores: Stores, run: Run, tmp_path: Path
) -> None:
    model = searched(make, trials=3, every=3)
    train_in(model, stores, run, "2020-05")  # the second of three
    train_in(model, stores, run, "2020-06")
    assert [study.window for study in stores.registry.tuning.studies("loans")] == ["2020-04"]
    studies = {stores.registry.versions.get("loans", number).study for number in (1, 2)}
    assert len(studies) == 1


def test_a_space_is_held_against_the_parameters_of_the_estimator(make: Make) -> None:
    (told,) = unsearchable(searched(make, space={"c": space.real(0.0, 1.0), "tol": space.real(0.0, 1.0)}))
    assert "'c'; did you mean 'C'?" in told
    own = Estimator("tests.unit.steps.searched:regression")
    (told,) = unsearchable(make(estimator=own, tune=Search(space={"slow": space.real(0.0, 1.0)})))
    assert "did you mean 'slowly'?" in told
    assert unsearchable(searched(make)) == unsearchable(make()) == []


@pytest.mark.parametrize(
    ("declared", "message"),
    [
        ({"space": {}}, "name the parameters"),
        ({"space": SPACE, "sampler": "tpf"}, "did you mean 'tpe'"),
        ({"space": SPACE, "budget": "0s"}, "leaves no time"),
        ({"space": SPACE, "trial": 3}, "did you mean 'trials'"),
        ({"space": {"estimator": SPACE["C"]}}, "the choice among branches"),
    ],
)
def test_a_search_that_is_impossible_is_refused_when_it_is_declared(declared: Any, message: str) -> None:
    with pytest.raises(SpecError, match=message):
        Search(**declared)


@pytest.mark.parametrize(
    ("build", "message"),
    [
        (lambda: space.real(1.0, 1.0), "holds no two values"),
        (lambda: space.log(0.0, 1.0), "begins above 0"),
        (lambda: space.real(0.0, float("nan")), "holds no two values"),
        (lambda: space.choice("a"), "at least two options"),
        (lambda: space.choice("a", "a"), "twice"),
        (lambda: Search(space={"a": space.real(0, 1, b=1)}), "depends on unknown parameter 'b'"),
        (lambda: Search(space={"b": space.choice(1, 2), "a": space.real(0, 1, b=3)}), "which 'b' never is"),
    ],
)
def test_a_dimension_that_is_impossible_is_refused(build: Callable[[], Any], message: str) -> None:
    with pytest.raises(SpecError, match=message):
        build()


def test_a_model_without_a_search_has_the_digest_that_it_had(make: Make) -> None:
    plain, tuned = make(), searched(make)
    assert "tune" not in json.loads(json.dumps(plain.model_dump(mode="json")))
    assert tuned.training_digest == plain.training_digest
    assert Model.from_stored(tuned.model_dump(mode="json")) == tuned


def test_the_gate_judges_the_chosen_version_like_any_other(make: Make, stores: Stores, run: Run) -> None:
    model = searched(make, trials=4).revised(gate=Gate(*GATE.rules, rule.min_rows(100)))
    found = train_in(model, stores, run)
    assert found.promoted
    assert stores.registry.versions.get("loans", 1).gate is not None
