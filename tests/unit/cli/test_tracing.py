"""`windvane lineage` and `windvane reproduce`: from a prediction back to everything it rests on."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from tests.unit.cli.conftest import Command, Shop, modules_of
from windvane.stores.person import at_terminal


def test_a_prediction_is_traced_to_its_version_rows_code_judgement_and_who_let_it_in(trained: Command) -> None:
    found = trained("lineage", "shop", "--key", "202402-7", "--json").json
    assert (found["model"], found["window"], found["version"]) == ("shop", "2024-02", 1)
    assert found["prediction"]["id"] == "202402-7"
    assert 0 < found["prediction"]["score"] < 1
    origin = found["origin"]
    version = trained("show", "shop", "1", "--json").json
    assert found["digest"] == version["digest"]
    assert origin["version"]["code_digest"] == version["code_digest"]
    assert origin["version"]["environment"] == version["environment"]
    assert [item["digest"] for item in origin["snapshots"]] == version["snapshots"]
    assert origin["evaluation"]["metrics"] == version["evaluation"]["metrics"]
    assert origin["version"]["gate"]["verdicts"] == version["verdicts"]
    (promotion,) = origin["promotions"]
    assert (promotion["kind"], promotion["actor"], promotion["reason"]) == (
        "promote",
        at_terminal(),
        "first",
    )
    kinds = [item["kind"] for item in origin["events"]]
    assert kinds[:3] == ["version.built", "version.evaluated", "version.judged"]
    assert "champion.promoted" in kinds
    message = trained("lineage", "shop", "--key", "202402-7").out
    for words in (found["digest"], version["code_digest"], "scikit-learn", "log_loss", "promote", ": first"):
        assert words in message


def test_a_window_a_version_and_the_champion_are_traced_too(trained: Command) -> None:
    of_window = trained("lineage", "shop", "--window", "2024-02", "--json").json
    assert (of_window["version"], of_window["prediction"]) == (1, None)
    assert of_window["scores"]["rows"] == of_window["snapshot"]["rows"] == 400
    assert trained("lineage", "shop", "--version", "v1", "--json").json["origin"] == of_window["origin"]
    assert trained("lineage", "shop", "--json").json["version"] == 2
    assert trained("lineage", "shop", "--version", "1", "--window", "2024-02").code == 2


def test_every_publication_of_a_window_is_told_and_which_one_was_current(trained: Command) -> None:
    """A champion that goes back scores old windows again: what served them stays, until a person replaces it."""
    score = ("run", "score", "shop", "--window", "2024-03", "--json")
    assert trained("rollback", "shop", "1", "--reason", "r").code == 0
    first = trained(*score).json
    assert (first["publication"], first["version"]) == (1, 1)
    assert trained("rollback", "shop", "2", "--reason", "r").code == 0
    assert trained(*score).json == first
    assert trained(*score, "--replace").code == 2
    second = trained(*score, "--replace", "--reason", "v1 was wrong").json
    assert (second["publication"], second["version"], second["reason"]) == (2, 2, "v1 was wrong")
    assert trained(*score).json == second
    found = trained("lineage", "shop", "--window", "2024-03", "--json").json
    assert [found["version"], found["scores"]["artifact"]] == [2, second["digest"]]
    told = [(item["publication"]["artifact"], item["current"]) for item in found["publications"]]
    assert told == [(first["digest"], False), (second["digest"], True)]
    then = trained("lineage", "shop", "--key", "202403-1", "--as-of", first["at"], "--json").json
    assert (then["version"], then["scores"]["publication"]) == (1, 1)
    assert [item["prediction"]["version"] for item in then["publications"]] == [1, 2]
    assert then["prediction"] == then["publications"][0]["prediction"]
    assert [item["current"] for item in then["publications"]] == [True, False]
    message = trained("lineage", "shop", "--key", "202403-1").out
    assert "publication 1 by v1" in message
    assert "publication 2, current by v2" in message
    assert "v1 was wrong" in message
    before = trained("lineage", "shop", "--window", "2024-03", "--as-of", "2020-01-01T00:00Z")
    assert before.err.startswith("error: UnknownPrediction: shop: nothing was published by 2020-01-01 00:00:00 UTC")


def test_an_unknown_key_is_answered_with_what_is_there(trained: Command) -> None:
    answer = trained("lineage", "shop", "--key", "202402-9999", "--window", "2024-02")
    assert answer.code == 1
    assert answer.err.startswith(
        "error: UnknownPrediction: shop: no prediction for key '202402-9999' in window 2024-02"
    )
    assert "400 keys from '202402-0' to '202402-99'" in answer.err
    answer = trained("lineage", "shop", "--window", "2024-03")
    assert answer.err.startswith(
        "error: UnknownPrediction: shop: window '2024-03' was not scored; did you mean '2024-02'?"
    )


@pytest.mark.parametrize("key", ["' OR 1=1 --", "../../etc/passwd", "\x1b[2J", "[red]x[/red]", "٣", "", "x" * 5000])
def test_hostile_keys_find_nothing_and_do_nothing(shop: Shop, trained: Command, key: str) -> None:
    before, kept = shop.tables(), shop.kept()
    answer = trained("lineage", "shop", "--key", key)
    assert answer.code == 1
    assert answer.err.startswith("error: UnknownPrediction: ")
    assert len(answer.err.splitlines()) == 2
    assert "\x1b" not in answer.err
    assert len(answer.err) < 1000
    assert (shop.tables(), shop.kept()) == (before, kept)


def test_a_version_is_made_again_to_the_same_bytes(shop: Shop, trained: Command) -> None:
    assert trained("run", "train", "shop", "--window", "2024-03").code == 0
    before, kept = shop.tables(), shop.kept()
    found = trained("reproduce", "shop", "v3", "--json").json
    assert (found["version"], found["same"], found["differs"]) == (3, True, [])
    assert found["again"] == found["digest"] == trained("show", "shop", "3", "--json").json["digest"]
    assert (shop.tables(), shop.kept()) == (before, kept)


def test_what_is_not_as_it_was_is_named(shop: Shop, windvane: Command) -> None:
    assert windvane("run", "train", "shop", "--window", "2024-01").code == 0
    code = shop.folder / "include" / shop.package / "rows.py"
    code.write_text(code.read_text(encoding="utf-8") + "\n# changed\n", encoding="utf-8")
    found = windvane("reproduce", "shop", "1", "--json")
    assert found.code == 0
    assert [item.split(":")[0] for item in found.json["differs"]] == ["code"]
    assert found.json["same"]


def test_a_version_that_comes_out_different_is_a_failure(shop: Shop, windvane: Command) -> None:
    spec = shop.folder / "dags" / "shop.py"
    named = spec.read_text(encoding="utf-8").replace(
        '"sklearn.ensemble:HistGradientBoostingClassifier", max_iter=20', f'"{shop.package}.rows:made"'
    )
    spec.write_text(named, encoding="utf-8")
    code = shop.folder / "include" / shop.package / "rows.py"
    made = (
        "\n\ndef made():\n    from sklearn.linear_model import LogisticRegression as Model\n\n    return Model(C={})\n"
    )
    rows = code.read_text(encoding="utf-8")
    code.write_text(rows + made.format(1.0), encoding="utf-8")
    assert windvane("run", "train", "shop", "--window", "2024-01").code == 0
    code.write_text(rows + made.format(0.1), encoding="utf-8")
    for name in modules_of(shop.package):
        del sys.modules[name]
    answer = windvane("reproduce", "shop", "1")
    assert answer.code == 1
    assert "error: NotReproduced: shop v1 came out as sha256:" in answer.err
    assert "code: sha256:" in answer.err
    assert "model: sha256:" in answer.err


def test_the_spec_of_then_is_used_and_not_the_one_of_now(shop: Shop, windvane: Command) -> None:
    assert windvane("run", "train", "shop", "--window", "2024-01").code == 0
    text = (shop.folder / "dags" / "shop.py").read_text(encoding="utf-8")
    (shop.folder / "dags" / "shop.py").write_text(text.replace("max_iter=20", "max_iter=5"), encoding="utf-8")
    assert windvane("run", "train", "shop", "--window", "2024-02").code == 0
    for version in ("1", "2"):
        assert windvane("reproduce", "shop", version, "--json").json["same"]


def test_rows_of_the_registry_do_not_choose_what_code_runs(
    shop: Shop, trained: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert trained("run", "train", "shop", "--window", "2024-03").code == 0
    elsewhere = tmp_path / "elsewhere" / "dags"
    elsewhere.mkdir(parents=True)
    monkeypatch.chdir(elsewhere.parent)
    answer = trained("reproduce", "shop", "3", "--specs", str(elsewhere))
    assert answer.code == 1
    assert answer.err.startswith(f"error: UntrustedModel: shop v3: its spec names '{shop.package}.rows:rows'")
    assert trained("reproduce", "shop", "3").code == 0
