"""The texts of the proposed files; every `{name}` is filled with code that `render` made safe."""

from __future__ import annotations

SPEC = '''"""{name}: predicts {what} from {file}, window by window. An Airflow dag family."""

from datetime import date

from windvane import Estimator, Features, Gate, {key_import}Model, Monitor, Source, rule
from windvane.orchestration import build_airflow_dags

NUMBERS = {numbers}
CATEGORIES = {categories}

spec = Model(
    name="{name}",
    owner={owner},
    source={source},{path_note}
    event_time={time},
    key={key},
    target={target},
    task="{task}",
    features=Features(numbers=NUMBERS, categories=CATEGORIES),
    window="{window}",
    timezone={timezone},
    start={start},
    end={end},  # the file ends here
    outcome_after="0d",  # how long after the end of a window its outcomes are known
    estimator=Estimator("models.{name}:pipeline"),
    history=12,  # windows that a version learns from
    min_rows={min_rows},
    max_missing_outcomes={missing},
    expect="models.{name}:expectations",
    gate=Gate(
        rule.better_than_baseline("{metric}"),
        rule.not_worse_than_champion("{metric}", margin=0.02, relative=True),  # by 2 % of its loss
    ),
    monitor=Monitor(min_rows={monitor_rows}),
)
build_airflow_dags(spec)
'''
MODULE = '''"""{name}: what is expected of its rows, and what is trained."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sklearn.pipeline import Pipeline
{target}
# The numbers it learns from, each with the lowest and the highest value expected.
RANGES = {ranges}
# The categories it learns from, each with the values expected.
VALUES = {values}
# The least share of rows that have a value.
PRESENT = {present}

NUMBERS = list(RANGES)
CATEGORIES = list(VALUES)


{pipeline}

def expectations() -> list[Any]:
    """Return what every window should look like (Great Expectations).

    What a season may break is a warning: it is told, and stops nothing. A critical one stops scoring.
    """
    import great_expectations.expectations as gxe

    return [
        gxe.ExpectTableRowCountToBeBetween(min_value={fewest}, max_value={most}, severity="warning"),
        *(
            gxe.ExpectColumnValuesToBeBetween(column=name, min_value=low, max_value=high, severity="warning")
            for name, (low, high) in RANGES.items()
        ),
        *(
            gxe.ExpectColumnValuesToBeInSet(column=name, value_set=known, mostly=0.95, severity="warning")
            for name, known in VALUES.items()
        ),
        *(gxe.ExpectColumnValuesToNotBeNull(column=name, mostly=share) for name, share in PRESENT.items()),
{mean}    ]
'''
MEAN = """        gxe.ExpectColumnMeanToBeBetween(column=TARGET, min_value={low}, max_value={high}, severity="warning"),
"""
TREES = '''def pipeline(learning_rate: float = 0.1, random_state: int = 0) -> Pipeline:
    """Return gradient-boosted trees over the numbers and the ordinal codes of the categories."""
    from sklearn.compose import ColumnTransformer
    from sklearn.ensemble import {kind}
    from sklearn.pipeline import Pipeline
    from sklearn.preprocessing import OrdinalEncoder

    codes = OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=-1, encoded_missing_value=-1)
    columns = ColumnTransformer([("codes", codes, CATEGORIES), ("numbers", "passthrough", NUMBERS)])
    named = list(range(len(CATEGORIES)))
    trees = {kind}(
        learning_rate=learning_rate, categorical_features=named, random_state=random_state
    )
    return Pipeline([("columns", columns), ("trees", trees)])
'''
LINE = '''def pipeline(penalty: float = 1.0) -> Pipeline:
    """Return {title} regression over the scaled numbers and a column for each category: steady on few rows."""
    from sklearn.compose import ColumnTransformer
    from sklearn.impute import SimpleImputer
    from sklearn.linear_model import {kind}
    from sklearn.pipeline import Pipeline, make_pipeline
    from sklearn.preprocessing import OneHotEncoder, StandardScaler

    numbers = make_pipeline(SimpleImputer(add_indicator=True), StandardScaler())
    words = OneHotEncoder(handle_unknown="ignore")
    columns = ColumnTransformer([("numbers", numbers, NUMBERS), ("words", words, CATEGORIES)])
    return Pipeline([("columns", columns), ("line", {kind}({settings}))])
'''
PACKAGE = '"""The models\' own code: how their rows are read, what is expected of them, and what is trained."""\n'
