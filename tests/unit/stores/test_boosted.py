"""Boosters of other libraries: their own form inside skops' of what is around, and their version in the fingerprint.

A library that keeps its model as XGBoost does stands in for it: none of the three is needed by Windvane itself.
"""

from __future__ import annotations

import importlib
import io
import json
import sys
import zipfile
from collections.abc import Iterator
from importlib.metadata import packages_distributions
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.calibration import CalibratedClassifierCV
from sklearn.compose import ColumnTransformer
from sklearn.ensemble import StackingClassifier, VotingClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import FunctionTransformer, OneHotEncoder, StandardScaler

from tests.unit.stores.examples import spec_of
from windvane import Estimator
from windvane.errors import CorruptArtifact, MissingExtra, TrainingFailed, UntrustedModel
from windvane.lifecycle.train import build_estimator
from windvane.steps.trying import unstorable
from windvane.stores.code import libraries_of
from windvane.stores.model_formats import dump, load
from windvane.stores.slots import Slot, replaced

LIBRARY = """
import json
import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin

class XGBClassifier(ClassifierMixin, BaseEstimator):
    def __init__(self, shift=0.0, missing=float("nan"), objective=None):
        self.shift = shift
        self.missing = missing
        self.objective = objective

    def fit(self, X, y):
        self.learnt = [float(np.nan_to_num(np.asarray(X, dtype=float)).mean()), float(np.mean(y))]
        self.classes_ = np.array([0, 1])
        return self

    def __sklearn_is_fitted__(self):
        return hasattr(self, "learnt")

    def predict_proba(self, X):
        share = np.full(len(X), min(1.0, self.learnt[1] + self.shift))
        return np.column_stack([1 - share, share])

    def predict(self, X):
        return (self.predict_proba(X)[:, 1] > 0.5).astype(int)

    def save_model(self, path):
        with open(path, "w") as file:
            json.dump(self.learnt, file)

    def load_model(self, data):
        self.learnt = json.loads(bytes(data))
        self.classes_ = np.array([0, 1])
"""
MODELS = """
def boosted():
    from sklearn.compose import ColumnTransformer
    from sklearn.pipeline import make_pipeline
    from xgboost import XGBClassifier
    return make_pipeline(ColumnTransformer([("n", "passthrough", ["income"])]), XGBClassifier(shift=0.1))

class Own:
    def fit(self, X, y):
        self.classes_ = [0, 1]
        return self
    def predict_proba(self, X):
        return [[0.5, 0.5]] * len(X)

def own():
    return Own()

def picky():
    raise ValueError("no")
"""


@pytest.fixture
def library(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """A library of the name `xgboost`, and a module of one's own, as if both were installed."""
    for package, text in (("xgboost", LIBRARY), ("owned", MODELS)):
        (tmp_path / package).mkdir()
        (tmp_path / package / "__init__.py").write_text(text)
    (tmp_path / "xgboost-9.9.dist-info").mkdir()
    (tmp_path / "xgboost-9.9.dist-info" / "METADATA").write_text("Metadata-Version: 2.1\nName: xgboost\nVersion: 9.9\n")
    (tmp_path / "xgboost-9.9.dist-info" / "top_level.txt").write_text("xgboost\n")
    before = {name: sys.modules.pop(name, None) for name in ("xgboost", "owned")}
    monkeypatch.syspath_prepend(str(tmp_path))
    yield importlib.import_module("xgboost")
    for name, module in before.items():
        sys.modules.pop(name, None)
        if module is not None:
            sys.modules[name] = module


def rows() -> tuple[pd.DataFrame, Any]:
    draw = np.random.default_rng(0)
    frame = pd.DataFrame({"a": draw.normal(size=60), "b": draw.choice(np.array(["x", "y"], dtype=object), 60)})
    return frame, np.resize([0, 1, 1], 60)


def estimators(library: Any) -> dict[str, Any]:
    kind = library.XGBClassifier
    number = [("a", StandardScaler(), ["a"])]
    columns = ColumnTransformer([*number, ("b", OneHotEncoder(), ["b"])])
    only = make_pipeline(ColumnTransformer(number), kind(shift=0.2))
    return {
        "alone": make_pipeline(ColumnTransformer(number), kind()),
        "pipeline": make_pipeline(columns, kind(shift=0.1, objective="x")),
        "ensemble": VotingClassifier(
            [("one", only), ("two", make_pipeline(columns, LogisticRegression()))], voting="soft"
        ),
        "stack": StackingClassifier([("one", only)], final_estimator=LogisticRegression(), cv=2),
        "calibrated": CalibratedClassifierCV(only, cv=2),
    }


@pytest.mark.parametrize("name", ["alone", "pipeline", "ensemble", "stack", "calibrated"])
def test_what_is_stored_scores_as_before_and_has_the_same_bytes(library: Any, name: str) -> None:
    features, target = rows()
    fitted = estimators(library)[name].fit(features, target)
    data, form = dump(fitted)
    assert form == "boosted"
    assert dump(estimators(library)[name].fit(features, target)).data == data
    again = load(data, form)
    np.testing.assert_array_equal(again.predict_proba(features), fitted.predict_proba(features))
    assert isinstance(fitted, Pipeline) is isinstance(again, Pipeline)


def test_other_estimators_are_left_to_skops(library: Any) -> None:
    features, target = rows()
    assert dump(LogisticRegression().fit(features[["a"]], target)).format == "skops"


def test_a_parameter_that_is_no_plain_value_is_refused(library: Any) -> None:
    features, target = rows()
    with pytest.raises(TrainingFailed, match=r"parameter objective=.* cannot be stored"):
        dump(make_pipeline(library.XGBClassifier(objective=len)).fit(features[["a"]], target))


class TestDamage:
    def archive(self, library: Any, **changed: bytes) -> bytes:
        features, target = rows()
        data = dump(estimators(library)["alone"].fit(features, target)).data
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            files = {name: archive.read(name) for name in archive.namelist()} | changed
        buffer = io.BytesIO()
        with zipfile.ZipFile(buffer, "w") as archive:
            for name, content in files.items():
                archive.writestr(name, content)
        return buffer.getvalue()

    def test_another_class_is_refused(self, library: Any) -> None:
        said = json.dumps([{"class": "Popen", "params": {"args": "x"}}]).encode()
        with pytest.raises(CorruptArtifact, match="names the class 'Popen'"):
            load(self.archive(library, **{"parts.json": said}), "boosted")

    @pytest.mark.parametrize(
        "changed", [{"0.model": b"\xff"}, {"parts.json": b"["}, {"rest": b"x"}, {"parts.json": b"[]"}]
    )
    def test_what_cannot_be_read_is_named(self, library: Any, changed: dict[str, bytes]) -> None:
        with pytest.raises(CorruptArtifact):
            load(self.archive(library, **changed), "boosted")

    def test_no_archive_is_named(self, library: Any) -> None:
        with pytest.raises(CorruptArtifact, match="no archive of its parts"):
            load(b"PK nothing", "boosted")

    def test_a_library_that_is_not_there_is_named(self, library: Any, monkeypatch: pytest.MonkeyPatch) -> None:
        data = self.archive(library)
        missing = pytest.raises(MissingExtra, match="one of xgboost, which is not installed")
        with monkeypatch.context() as gone, missing:  # undone before `library` is: later tests mean the real one
            gone.setitem(sys.modules, "xgboost", None)
            load(data, "boosted")


def test_the_library_of_every_part_counts(library: Any) -> None:
    nested = make_pipeline(StandardScaler(), CalibratedClassifierCV(library.XGBClassifier()))
    named = {*packages_distributions()["xgboost"]}  # this one, and one that is really installed
    assert "xgboost" in named
    assert libraries_of(nested).keys() == named
    assert libraries_of(nested)["xgboost"] == "9.9"
    assert libraries_of(VotingClassifier([("x", library.XGBClassifier())])) == libraries_of(nested)
    assert libraries_of(make_pipeline(FunctionTransformer(len), LogisticRegression())) == {}
    own = type("Own", (library.XGBClassifier,), {"__module__": "models.mine"})
    assert libraries_of(own()) == libraries_of(nested)


class TestTrying:
    def test_an_estimator_that_can_be_kept_is_no_problem(self, library: Any) -> None:
        assert unstorable(spec_of(estimator=Estimator("owned:boosted"))) is None

    def test_one_that_cannot_is_told_before_any_training(self, library: Any) -> None:
        assert isinstance(unstorable(spec_of(estimator=Estimator("owned:own"))), UntrustedModel)
        assert unstorable(spec_of(estimator=Estimator("owned:own", trusted=["owned.Own"]))) is None

    def test_one_that_cannot_be_built_is_told(self, library: Any) -> None:
        assert isinstance(unstorable(spec_of(estimator=Estimator("owned:picky"))), TrainingFailed)


def test_a_stack_without_a_last_estimator_has_probabilities() -> None:
    model = spec_of(estimator=Estimator("sklearn.ensemble:StackingClassifier"))
    built = build_estimator(model, lambda: make_pipeline(StackingClassifier([("one", LogisticRegression())])))
    assert isinstance(built[-1].final_estimator, LogisticRegression)
    assert built[-1].final_estimator.random_state == model.seed


def test_parts_are_replaced_at_any_depth_and_the_whole_is_left_as_it_was() -> None:
    shared = Slot(1)
    whole = Pipeline([("one", FunctionTransformer(kw_args={"deep": (1, [shared])})), ("two", shared)])
    made = replaced(whole, lambda part: Slot(part.number + 1) if isinstance(part, Slot) else part)
    assert whole.steps[1][1] is shared
    assert made.steps[1][1].number == 2
    assert made.steps[0][1].kw_args["deep"][1][0] is made.steps[1][1]
    assert replaced(whole, lambda part: part) is whole
