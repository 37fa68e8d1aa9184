"""What a change touches, and what the gate's verdicts come to."""

from __future__ import annotations

from typing import Any

import pytest

from tests.unit.lifecycle.examples import model_with
from windvane import Estimator, Gate
from windvane.lifecycle.review.changed import concluded, overall, touched
from windvane.results.ci import Described, ModelChange, Trained, Verdicts
from windvane.spec import Model
from windvane.stores.code import meaning


def described(model: Model, **changes: Any) -> Described:
    fields: dict[str, Any] = {
        "model": model.name, "spec": model.digest, "training": model.training_digest, "files": {"a": "1"},
        "expectations": {"e": "1"}, "libraries": {"numpy": "2.4"}, "declared": model.model_dump(mode="json"),
    }  # fmt: skip
    return Described(**(fields | changes))


def verdicts(*outcomes: str) -> Verdicts:
    rules = tuple((f"rule {number}", outcome, f"{outcome} {number}") for number, outcome in enumerate(outcomes))
    return Verdicts(trained=Trained(version=2, artifact="sha256:a", fingerprint="sha256:f"), rows=100, rules=rules)


def test_what_decides_a_version_is_told_from_what_judges_it() -> None:
    base = described(model_with())
    assert touched(base, base) == ((), ())
    assert touched(None, base).training == ("the model is new",)
    other = model_with(estimator=Estimator("sklearn.linear_model:LogisticRegression", C=2), gate=Gate(min_rows=70))
    found = touched(base, described(other, files={"a": "2", "b": "1"}, expectations={"e": "2"}))
    assert found.training == ("file a", "file b", "field estimator")
    assert found.judging == ("expectations e", "field gate")


def test_a_library_counts_where_it_is_another_one_than_the_champions() -> None:
    base = described(model_with())
    assert touched(base, base, {"numpy": "2.3"}).training == ("library numpy 2.3 -> 2.4",)
    assert touched(base, base, None).training == ()


@pytest.mark.parametrize(
    ("outcomes", "conclusion"),
    [
        (("pass", "pass"), "pass"),
        (("pass", "inconclusive"), "inconclusive"),
        (("inconclusive", "fail", "pass"), "fail"),
    ],
)
def test_a_rule_that_fails_decides_and_one_that_cannot_tell_is_neutral(outcomes: Any, conclusion: str) -> None:
    assert concluded(verdicts(*outcomes))[0] == conclusion


def test_the_worst_model_decides_about_all() -> None:
    changes = [ModelChange(model="a", conclusion=item, headline="") for item in ("unchanged", "pass", "inconclusive")]
    assert overall(changes[:1], []) == "unchanged"
    assert overall(changes, []) == "inconclusive"
    assert overall(changes, ["a spec cannot be read"]) == "fail"


def test_comments_docstrings_and_layout_mean_nothing_and_code_and_data_do() -> None:
    plain = b"def f(a):\n    return a + 1\n"
    assert meaning("m", plain) == meaning("m", b'"""Doc."""\n\n\ndef f(a):  # c\n    """Doc."""\n    return (a + 1)\n')
    assert meaning("m", plain) != meaning("m", b"def f(a):\n    return a + 2\n")
    assert meaning("data/m.csv", b"a") != meaning("data/m.csv", b"a ")
