"""Named estimators: what a spec may name, and what it gets."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from tests.unit.lifecycle.examples import model_with
from windvane import Estimator
from windvane.errors import SpecError, UnknownKind
from windvane.lifecycle.train import build_estimator
from windvane.spec import Model
from windvane.stores.code import builder, code_paths, environment
from windvane.stores.model_formats import dump, load


@pytest.mark.parametrize(("task", "outcomes"), [("binary", [0, 0, 0, 1]), ("regression", [1.0, 2.0, 3.0, 6.0])])
def test_the_baseline_says_what_the_outcomes_alone_say(task: str, outcomes: list[float]) -> None:
    model = model_with(task=task, estimator=Estimator("baseline"))
    features = pd.DataFrame({"a": [1.0, np.nan, 3.0, 4.0]})
    fitted = build_estimator(model, builder(model)).fit(features, outcomes)
    again = load(*dump(fitted))
    said = again.predict_proba(features)[:, 1] if task == "binary" else again.predict(features)
    assert said == pytest.approx([0.25] * 4 if task == "binary" else [3.0] * 4)


def test_a_named_estimator_is_no_code_of_the_user_and_a_built_in_one_no_other_package() -> None:
    model = model_with(estimator=Estimator("baseline"))
    assert "baseline" not in code_paths(model)
    assert environment(model) == environment(model_with())


def test_a_name_that_nothing_brings_is_refused_with_the_nearest_one() -> None:
    with pytest.raises(SpecError, match=r"did you mean 'baseline'.*or give an import path"):
        Estimator("baselin")


def test_a_stored_spec_is_read_where_its_estimator_is_gone_and_trains_nothing() -> None:
    fields = model_with().model_dump(mode="json")
    model = Model.from_stored({**fields, "estimator": {"path": "gone", "params": {"a": 1}, "trusted": []}})
    assert model.model_dump(mode="json")["estimator"]["path"] == "gone"
    with pytest.raises(UnknownKind, match="estimator 'gone' is not known"):
        builder(model)


def test_a_stored_spec_is_read_where_its_source_and_check_are_gone_as_it_was_stored() -> None:
    fields = model_with().model_dump(mode="json")
    fields["source"] = {"kind": "gone", "path": "x", "connection": None, "options": {"a": 1}}
    fields["monitor"]["checks"] = ["quality", "gone_too"]
    model = Model.from_stored(fields)
    assert model.model_dump(mode="json") == fields
    with pytest.raises(UnknownKind, match="source 'gone' is not known"):
        environment(model)
