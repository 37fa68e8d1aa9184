"""Limits: declared in one line, refused with what is allowed, and silent in the digest where nothing is said."""

from __future__ import annotations

from typing import Any

import pytest

from tests.unit.lifecycle.examples import model_with
from windvane import Model, Monitor, Publish, Source, Weights, limit
from windvane.errors import SpecError

ALL = (limit("accuracy", at_least=0.7), limit.worse_than_baseline(), limit.change("log_loss", at_most="+20 %"))


MISTAKEN: Any = limit


def test_a_monitor_has_limits_and_they_come_back_from_their_json() -> None:
    model = model_with(monitor=Monitor(limits=ALL))
    again = Model(**model.model_dump(mode="json"))
    assert again.monitor.limits == ALL
    assert again.digest == model.digest
    labels = [item.label for item in ALL]
    assert labels == ["accuracy at least 0.7", "worse than the baseline", "log_loss change at most +20 %"]
    least, most = ALL[2].ends()
    assert least is None
    assert most == pytest.approx(1.2)


def test_a_monitor_that_names_none_has_the_baseline_and_the_digest_of_before() -> None:
    assert Monitor().limits == (limit.worse_than_baseline(),)
    assert "limits" not in Monitor().model_dump(mode="json")
    assert Monitor(limits=()).digest != Monitor().digest
    assert Monitor(**Monitor(limits=()).model_dump(mode="json")).limits == ()


@pytest.mark.parametrize(
    ("made", "message"),
    [
        (lambda: limit("accuracy"), "needs at_least or at_most"),
        (lambda: limit("accuracy", at_least=float("nan")), "a limit is a finite number, not nan"),
        (lambda: MISTAKEN("accuracy", at_least="+5 %"), "for a change write limit.change('accuracy', …)"),
        (lambda: limit.change("log_loss", at_most="20"), "a share with its sign such as '+20 %', not '20'"),
        (lambda: MISTAKEN("accuracy", at_least=0.7, then="stop"), "then"),
        (lambda: Monitor(limits=(limit.worse_than_baseline(), limit.worse_than_baseline())), "declared twice"),
        (lambda: model_with(monitor=Monitor(limits=(limit("acuracy", at_least=0.7),))), "did you mean 'accuracy'"),
    ],
)
def test_a_limit_that_means_nothing_is_refused_by_name(made: Any, message: str) -> None:
    with pytest.raises(SpecError, match=message.replace("(", r"\(").replace(")", r"\)").replace("+", r"\+")):
        made()


@pytest.mark.parametrize(
    ("made", "message"),
    [
        (lambda: limit("accuracy", at_lest=0.7), "unknown argument 'at_lest'; did you mean 'at_least'?"),  # type: ignore[call-arg]  # the mistake
        (lambda: limit.change("accuracy", at_mots="+5 %"), "did you mean 'at_most'?"),  # type: ignore[call-arg]  # the mistake
        (lambda: limit.worse_than_baseline(thn="alert"), "did you mean 'then'?"),  # type: ignore[call-arg]  # the mistake
        (lambda: limit(), "missing a required argument: 'metric'"),  # type: ignore[call-arg]  # the mistake
        (lambda: Publish.sql("warehouse", table="scores", mod="merge"), "did you mean 'mode'?"),  # type: ignore[call-arg]  # the mistake
        (lambda: Publish.parquet(), "missing a required argument: 'to'"),  # type: ignore[call-arg]  # the mistake
        (lambda: Source.callable("models.rides:rows", asof=True), "did you mean 'as_of'?"),  # type: ignore[call-arg]  # the mistake
        (lambda: Weights.reweighing("sex", columns="race"), "did you mean 'column'?"),  # type: ignore[call-arg]  # the mistake
    ],
)
def test_what_a_maker_does_not_take_is_refused_as_a_declaration_does(made: Any, message: str) -> None:
    with pytest.raises(SpecError) as caught:
        made()
    assert message in str(caught.value)
