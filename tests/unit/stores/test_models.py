"""Stored models: the same bytes from any process, and everything scikit-learn has comes back."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import skops.io
from scipy.sparse import csr_matrix
from sklearn.calibration import CalibratedClassifierCV
from sklearn.cluster import Birch
from sklearn.compose import ColumnTransformer, TransformedTargetRegressor, make_column_selector
from sklearn.dummy import DummyClassifier, DummyRegressor
from sklearn.ensemble import (
    AdaBoostClassifier,
    BaggingClassifier,
    ExtraTreesClassifier,
    GradientBoostingClassifier,
    GradientBoostingRegressor,
    HistGradientBoostingClassifier,
    HistGradientBoostingRegressor,
    RandomForestClassifier,
    RandomForestRegressor,
    StackingClassifier,
    VotingClassifier,
)
from sklearn.feature_selection import SelectKBest, mutual_info_classif
from sklearn.gaussian_process import GaussianProcessRegressor
from sklearn.impute import KNNImputer, SimpleImputer
from sklearn.linear_model import (
    ElasticNet,
    LogisticRegression,
    PoissonRegressor,
    QuantileRegressor,
    Ridge,
    SGDClassifier,
    TweedieRegressor,
)
from sklearn.model_selection import GridSearchCV, StratifiedKFold, TimeSeriesSplit
from sklearn.naive_bayes import GaussianNB
from sklearn.neighbors import KNeighborsClassifier, KNeighborsRegressor
from sklearn.neural_network import MLPClassifier, MLPRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import (
    FunctionTransformer,
    KBinsDiscretizer,
    OneHotEncoder,
    OrdinalEncoder,
    PowerTransformer,
    QuantileTransformer,
    SplineTransformer,
    StandardScaler,
    TargetEncoder,
)
from sklearn.svm import SVC, SVR
from sklearn.tree import DecisionTreeClassifier

from windvane.errors import TrainingFailed
from windvane.stores.models import dump_model, load_model

pytestmark = pytest.mark.filterwarnings("ignore::UserWarning")  # fits on few rows do not converge


def rows(count: int = 150) -> pd.DataFrame:
    random = np.random.default_rng(7)
    frame = pd.DataFrame({"income": random.normal(size=count), "debt": random.exponential(size=count)})
    frame["zip"] = random.choice(["10", "20", "007"], size=count)
    frame.loc[3, "income"] = np.nan
    frame.loc[5, "zip"] = None
    return frame


def targets(frame: pd.DataFrame) -> dict[str, np.ndarray[Any, Any]]:
    score = frame["debt"].to_numpy()
    return {
        "binary": (score > 0.7).astype(int),
        "multiclass": np.array(["low", "mid", "high"], dtype=object)[np.digitize(score, [0.4, 1.2])],
        "regression": score + 0.1,
    }


def columns(encoder: Any = None) -> ColumnTransformer:
    encoder = encoder or OneHotEncoder(handle_unknown="infrequent_if_exist", min_frequency=5)
    numbers = make_pipeline(SimpleImputer(add_indicator=True), StandardScaler())
    return ColumnTransformer([("numbers", numbers, ["income", "debt"]), ("zip", encoder, ["zip"])])


def chosen() -> ColumnTransformer:
    text, numbers = make_column_selector(dtype_include="str"), make_column_selector(dtype_include=np.number)
    return ColumnTransformer([("text", OneHotEncoder(), text), ("numbers", SimpleImputer(), numbers)])


ORDINAL = OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=-1, encoded_missing_value=-1)

CLASSIFIERS: dict[str, Callable[[], Any]] = {
    "logistic": lambda: make_pipeline(columns(), LogisticRegression()),
    "sgd": lambda: make_pipeline(columns(), SGDClassifier(loss="log_loss", random_state=0)),
    "tree": lambda: make_pipeline(columns(), DecisionTreeClassifier(max_depth=4)),
    "forest": lambda: make_pipeline(columns(), RandomForestClassifier(5, random_state=0)),
    "extra trees": lambda: make_pipeline(columns(), ExtraTreesClassifier(3, random_state=0)),
    "boosting": lambda: make_pipeline(columns(), GradientBoostingClassifier(n_estimators=3)),
    "histogram boosting": lambda: make_pipeline(
        columns(ORDINAL), HistGradientBoostingClassifier(max_iter=3, random_state=0)
    ),
    "histogram boosting on a frame": lambda: HistGradientBoostingClassifier(max_iter=3, categorical_features=["zip"]),
    "adaboost": lambda: make_pipeline(columns(), AdaBoostClassifier(n_estimators=3)),
    "bagging": lambda: make_pipeline(columns(), BaggingClassifier(n_estimators=2, random_state=0)),
    "svm": lambda: make_pipeline(columns(), CalibratedClassifierCV(SVC(), ensemble=False, cv=2)),
    "neighbours": lambda: make_pipeline(columns(), KNeighborsClassifier(algorithm="ball_tree", metric="manhattan")),
    "naive bayes": lambda: make_pipeline(columns(OneHotEncoder(sparse_output=False)), GaussianNB()),
    "network": lambda: make_pipeline(columns(), MLPClassifier(max_iter=5, random_state=0)),
    "calibrated": lambda: make_pipeline(columns(), CalibratedClassifierCV(LogisticRegression(), cv=2)),
    "isotonic": lambda: make_pipeline(columns(), CalibratedClassifierCV(GaussianNB(), method="isotonic", cv=2)),
    "dummy": lambda: make_pipeline(columns(), DummyClassifier()),
    "stacking": lambda: make_pipeline(columns(), StackingClassifier([("one", LogisticRegression())], cv=2)),
    "voting": lambda: make_pipeline(columns(), VotingClassifier([("one", LogisticRegression())], voting="soft")),
    "search": lambda: make_pipeline(
        columns(),
        GridSearchCV(LogisticRegression(), {"C": [0.1, 1]}, scoring="neg_log_loss", cv=StratifiedKFold(2)),
    ),
    "search in time": lambda: make_pipeline(
        columns(), GridSearchCV(LogisticRegression(), {"C": [1]}, cv=TimeSeriesSplit(2))
    ),
    "best features": lambda: make_pipeline(columns(), SelectKBest(mutual_info_classif, k=2), LogisticRegression()),
    "chosen columns": lambda: make_pipeline(chosen(), LogisticRegression()),
    "splines": lambda: make_pipeline(columns(ORDINAL), SplineTransformer(), LogisticRegression()),
    "bins": lambda: make_pipeline(columns(ORDINAL), KBinsDiscretizer(3), LogisticRegression()),
    "quantiles": lambda: make_pipeline(columns(ORDINAL), QuantileTransformer(n_quantiles=20), LogisticRegression()),
    "powers": lambda: make_pipeline(columns(ORDINAL), PowerTransformer(), LogisticRegression()),
    "a ufunc": lambda: make_pipeline(columns(ORDINAL), FunctionTransformer(np.tanh), LogisticRegression()),
    "target codes": lambda: make_pipeline(columns(TargetEncoder(cv=StratifiedKFold(2))), LogisticRegression()),
}
REGRESSORS: dict[str, Callable[[], Any]] = {
    "ridge": lambda: make_pipeline(columns(), Ridge()),
    "elastic net": lambda: make_pipeline(columns(), ElasticNet()),
    "poisson": lambda: make_pipeline(columns(), PoissonRegressor()),
    "tweedie": lambda: make_pipeline(columns(), TweedieRegressor(power=1.5)),
    "quantile": lambda: make_pipeline(columns(), QuantileRegressor()),
    "forest": lambda: make_pipeline(columns(), RandomForestRegressor(3, random_state=0)),
    "boosting": lambda: make_pipeline(columns(), GradientBoostingRegressor(loss="huber", n_estimators=3)),
    "histogram boosting": lambda: make_pipeline(
        columns(ORDINAL), HistGradientBoostingRegressor(loss="poisson", max_iter=3)
    ),
    "svm": lambda: make_pipeline(columns(), SVR()),
    "neighbours": lambda: make_pipeline(columns(ORDINAL), KNeighborsRegressor()),
    "gaussian process": lambda: make_pipeline(columns(ORDINAL), GaussianProcessRegressor()),
    "network": lambda: make_pipeline(columns(), MLPRegressor(max_iter=5, random_state=0)),
    "dummy": lambda: make_pipeline(columns(), DummyRegressor()),
    "log target": lambda: make_pipeline(
        ColumnTransformer([("numbers", KNNImputer(), ["income", "debt"])]),
        TransformedTargetRegressor(Ridge(), func=np.log1p, inverse_func=np.expm1),
    ),
}


@pytest.mark.parametrize("task", ["binary", "multiclass"])
@pytest.mark.parametrize("name", CLASSIFIERS)
def test_classifiers_come_back_as_they_were(name: str, task: str) -> None:
    frame = rows()
    fitted = CLASSIFIERS[name]().fit(frame, targets(frame)[task])
    loaded = load_model(dump_model(fitted))
    assert np.array_equal(loaded.predict_proba(frame), fitted.predict_proba(frame))
    assert dump_model(loaded) == dump_model(fitted)


@pytest.mark.parametrize("name", REGRESSORS)
def test_regressors_come_back_as_they_were(name: str) -> None:
    frame = rows()
    fitted = REGRESSORS[name]().fit(frame, targets(frame)["regression"])
    loaded = load_model(dump_model(fitted))
    assert np.array_equal(loaded.predict(frame), fitted.predict(frame))
    assert dump_model(loaded) == dump_model(fitted)


PROCESS = """
import hashlib
from tests.unit.stores.test_models import CLASSIFIERS, rows, targets
from windvane.stores.models import dump_model
frame = rows()
for name in ("histogram boosting", "forest", "logistic", "search", "neighbours"):
    fitted = CLASSIFIERS[name]().fit(frame, targets(frame)["binary"])
    print(name, hashlib.sha256(dump_model(fitted)).hexdigest())
"""


def test_the_same_fit_gives_the_same_bytes_in_any_process_folder_and_hash_order(tmp_path: Path) -> None:
    printed = []
    for seed in ("1", "2"):
        folder = tmp_path / seed
        folder.mkdir()
        environment = {**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": os.pathsep.join(sys.path)}
        environment["OMP_NUM_THREADS"] = seed  # a machine with other cores
        command = [sys.executable, "-W", "ignore", "-c", PROCESS]
        done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        printed.append(done.stdout.splitlines())
    assert printed[0] == printed[1]
    assert len(set(printed[0])) == 5


def test_shared_objects_stay_shared_and_sets_are_sorted() -> None:
    array = np.arange(3.0)
    fitted = DummyClassifier()
    fitted.one = fitted.other = array
    fitted.alone = array.copy()
    fitted.words = {"b", "a", "c"}
    loaded = load_model(dump_model(fitted))
    assert loaded.one is loaded.other
    assert loaded.one is not loaded.alone
    assert loaded.words == {"a", "b", "c"}


def test_the_order_in_which_a_set_was_filled_does_not_count() -> None:
    one, other = DummyClassifier(), DummyClassifier()
    one.kept, other.kept = set([0, 8]), set([8, 0])  # noqa: C405 (a literal is filled in an order of its own)
    assert list(one.kept) != list(other.kept)
    assert dump_model(one) == dump_model(other)


def test_sparse_matrices_and_bytes_come_back() -> None:
    one, other = DummyClassifier(), DummyClassifier()
    for fitted in (one, other):
        fitted.matrix, fitted.raw = csr_matrix(np.eye(3)), b"\0raw"
    data = dump_model(one)
    loaded = load_model(data)
    assert (loaded.matrix != one.matrix).nnz == 0
    assert loaded.raw == b"\0raw"
    assert dump_model(other) == data


def test_a_search_forgets_how_long_it_took() -> None:
    frame = rows()
    fitted = CLASSIFIERS["search"]().fit(frame, targets(frame)["binary"])
    search = load_model(dump_model(fitted)).steps[-1][1]
    assert search.refit_time_ is None
    assert search.cv_results_["mean_fit_time"] is None
    assert np.array_equal(search.cv_results_["mean_test_score"], fitted.steps[-1][1].cv_results_["mean_test_score"])


def test_padding_between_the_fields_of_a_node_does_not_count() -> None:
    kind = np.dtype({"names": ["a", "b"], "formats": ["<i8", "u1"], "offsets": [0, 8], "itemsize": 16})
    clean, dirty = np.zeros(2, kind), np.frombuffer(bytearray(b"\0" * 9 + b"\7" * 7) * 2, kind)
    one, other = DummyClassifier(), DummyClassifier()
    one.nodes, other.nodes = clean, dirty
    assert dump_model(one) == dump_model(other)


def test_what_skops_cannot_store_is_a_failed_training() -> None:
    with pytest.raises(TrainingFailed, match="a fitted Birch cannot be stored: UnsupportedTypeException"):
        dump_model(Birch())


def test_skops_itself_reads_what_is_stored() -> None:
    fitted = DummyClassifier().fit([[0.0], [1.0]], [0, 1])
    assert skops.io.loads(dump_model(fitted)).classes_.tolist() == [0, 1]
