"""`windvane try`: other parameters beside the declared ones, and nothing of it is kept."""

from __future__ import annotations

from tests.unit.cli.conftest import Command, Shop


def test_other_parameters_are_compared_on_the_same_rows_and_nothing_is_kept(shop: Shop, windvane: Command) -> None:
    windvane("run", "train", "shop", "--window", "2024-02")
    before, kept = shop.tables(), shop.kept()
    answer = windvane("try", "shop", "--set", "max_iter=1", "--set", "learning_rate=0.001", "--json")
    found = answer.json
    assert (answer.code, found["window"], found["set"]) == (0, "2024-02", {"max_iter": 1, "learning_rate": 0.001})
    tried = found["tried"]
    assert tried["difference"] > 0
    assert tried["low"] < tried["difference"] < tried["high"]
    assert abs(tried["trained"]["loss"] - found["declared"]["loss"] - tried["difference"]) < 1e-9
    assert "fail" in {outcome for _, outcome, _ in tried["rules"]}
    assert (shop.tables(), shop.kept()) == (before, kept)


def test_a_parameter_that_the_estimator_lacks_and_a_window_without_rows_are_named(
    shop: Shop, windvane: Command
) -> None:
    answer = windvane("try", "shop", "--set", "max_iter=3", "--json")
    assert answer.json["error"] == "EmptyWindow"
    windvane("run", "train", "shop", "--window", "2024-01")
    answer = windvane("try", "shop", "--set", "max_itre=3", "--json")
    assert (answer.code, answer.json["error"]) == (1, "SpecError")
    assert "did you mean 'max_iter'" in answer.json["cause"]
    assert windvane("try", "shop", "--set", "max_iter").code == 2
    answer = windvane("try", "shop", "--set", "max_iter=3", "--window", "2024-03", "--json")
    assert answer.json["error"] == "UnknownSnapshot"
