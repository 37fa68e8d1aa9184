"""Every answer of the Python API: its values, its text, its HTML and its picture."""

from __future__ import annotations

import base64
import re
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

from tests.unit.cli.conftest import frame_of
from tests.unit.notebook.conftest import Lived
from windvane.errors import NoChampion, UnknownPrediction, UnknownVersion
from windvane.notebook.shown import Picture, Shown, Table


def drawn(picture: Picture) -> ET.Element:
    """The SVG as a browser gets it from the HTML."""
    found = re.search(r'src="data:image/svg\+xml;base64,([^"]+)"', picture._repr_html_())
    assert found is not None
    assert base64.b64decode(found[1]).decode() == picture.svg
    return ET.fromstring(picture.svg)  # noqa: S314 (our own)


def test_a_training_says_what_the_gate_decided(lived: Lived) -> None:
    found = lived.trained
    assert (found.version, found.decision, found.promoted) == (1, "needs_approval", False)
    assert repr(found).startswith("<shop v1 of 2024-01, needs approval: ")
    assert found.reasons[0].headline in found._repr_html_()


def test_scores_are_a_frame(lived: Lived) -> None:
    frame = lived.scored.frame()
    assert (len(frame), len(lived.scored)) == (400, 400)
    assert list(frame["id"]) == list(frame_of(*_span(lived, "2024-02"))["id"])
    assert lived.model.scores("2024-02").publication == lived.scored.publication
    assert lived.model.windows == ["2024-02"]
    assert "<td>202402-0</td>" in lived.scored._repr_html_()


def test_the_monitor_tells_its_decision_and_checks(lived: Lived) -> None:
    found = lived.watched
    assert found.decision in ("hold", "retrain", "alert")
    assert found.loss is not None
    assert set(found.frame()["check"]) == {item.check for item in found.record.checks}
    assert repr(found) == f"<shop 2024-02: {found.record.headline}>"


def test_versions_have_verdicts_metrics_and_a_card(lived: Lived) -> None:
    first, second = lived.model.version(1), lived.model.version(2)
    assert [item.version for item in lived.model.versions] == [2, 1]
    assert lived.model.champion is not None
    assert (lived.model.champion.version, first.state, second.decision) == (2, "archived", "needs_approval")
    metrics = second.metrics().set_index("metric")
    loss = metrics.to_dict("index")["log_loss"]
    assert loss["low"] < loss["value"] < loss["baseline"]
    assert list(second.verdicts()["outcome"]) == [item.outcome for item in second.record.gate.verdicts]  # type: ignore[union-attr]
    assert "log_loss" in second._repr_html_()
    assert "# Model card" in second.card() or "shop" in second.card()
    assert list(lived.model.versions.frame()["version"]) == [2, 1]


def test_a_version_explains_what_it_rests_on(lived: Lived) -> None:
    found = lived.model.version(2).explain()
    assert set(found.frame()["column"]) == {"price", "visits"}
    assert found.frame()["increase"].iloc[0] > 0
    picture = drawn(found.plot())
    assert "price" in "".join(picture.itertext())


def test_two_versions_are_compared_on_the_same_rows(lived: Lived) -> None:
    nothing = lived.model.compare(2, 1)
    assert nothing.difference is None
    assert "score=6" in repr(nothing)
    lived.shop.fill("2024-03")
    lived.model.score("2024-03")
    found = lived.model.compare(2, 1, score=1)
    assert list(found.frame()["window"]) == ["2024-03"]
    assert found.difference is not None
    assert "400 rows" in repr(found)


def test_a_prediction_is_traced_to_who_let_its_version_in(lived: Lived) -> None:
    key = str(lived.scored.frame()["id"].iloc[7])
    found = lived.model.lineage(key, window="2024-02")
    assert found.version == 1
    assert found.prediction is not None
    assert found.prediction["id"] == key
    html = found._repr_html_()
    assert found.record.origin.version.artifact in html
    assert "first" in html
    assert lived.model.version(1).lineage().version == 1


def test_policies_are_played_and_drawn(lived: Lived, tmp_path: Path) -> None:
    found = lived.model.replay(against=["never"], first="2024-01", last="2024-03", scratch=tmp_path / "scratch")
    assert list(found.frame()["plan"]) == ["declared", "never"]
    assert set(found.windows()["window"]) == {"2024-01", "2024-02", "2024-03"}
    picture = drawn(found.plot())
    assert "never" in "".join(picture.itertext())
    saved = found.plot().save(tmp_path / "replay.svg")
    assert saved.read_text() == found.plot().svg


def test_the_model_itself_is_drawn_over_its_windows(lived: Lived) -> None:
    assert "2024-02" in "".join(drawn(lived.model.plot()).itertext())
    assert "champion v2" in repr(lived.model)
    assert "champion v2 of 2024-02" in lived.model._repr_html_()
    events = lived.model.history(limit=50)
    assert {"first", "second"} <= set(events["why"])


def test_people_move_the_champion_in_their_name(lived: Lived) -> None:
    assert lived.model.rollback(1, "v2 is too keen").state == "champion"
    assert lived.model.history(limit=1)["why"].iloc[0] == "v2 is too keen"
    assert lived.model.rollback(2, "it was right").state == "champion"


def test_what_is_not_there_is_named_as_on_the_command_line(lived: Lived) -> None:
    with pytest.raises(UnknownVersion):
        lived.model.version(9)
    with pytest.raises(UnknownPrediction, match="2024-12"):
        lived.model.scores("2024-12")
    with pytest.raises(NoChampion):
        lived.model.score("2024-01")


class Named(Shown):
    """An answer whose every word comes from data."""

    headline = "<script>alert(1)</script>\x1b[31m\u202e"

    def tables(self) -> list[Table]:
        """Return hostile cells."""
        return [Table(["<b>head</b>"], [["<img src=x onerror=alert(1)>"], [None], [0.123456], [True]], "<i>title</i>")]


def test_what_comes_from_data_is_escaped() -> None:
    html = Named()._repr_html_()
    assert not re.search(r"<(script|b|img|i)\b", html)
    assert "&lt;img src=x onerror=alert(1)&gt;" in html
    assert "<td></td>" in html
    assert "<td>0.1235</td>" in html
    assert repr(Named()) == r"<<script>alert(1)</script>\x1b[31m\u202e>"
    assert Picture('"><script>', "<svg/>")._repr_html_().count("<") == 1


def _span(lived: Lived, window: str) -> tuple:  # type: ignore[type-arg]  # its two ends
    found = lived.shop.cadence.window(window)
    return found.start, found.end
