"""Kinds of another package work where built-in ones do, without a change of Windvane."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.plugins.conftest import EXAMPLE, ROOT, SPEC, Project, package


def test_a_version_is_trained_judged_scored_and_monitored_by_kinds_of_a_package(trained: Project) -> None:
    train = json.loads((trained.folder / "train.json").read_text(encoding="utf-8"))
    assert train["decision"] == "promote"
    shown = trained.windvane("--json", "show", "shop", "1").json
    assert shown["environment"]["windvane-example-kinds"] == "1.2"
    assert "even_rows" in json.dumps(shown)
    assert any((trained.folder / "example" / "kept").rglob("*"))
    text = trained.windvane("show", "shop", "1").out
    assert "rows are left over" in text
    assert "half_miss" in text and "halves" in text
    report = trained.windvane("--json", "report", "shop")
    assert "rows came on the full hour" in report.out, report.err


def test_the_card_and_the_pages_show_them(trained: Project) -> None:
    assert "rows are left over" in trained.windvane("card", "shop", "1").out
    assert "halves" in trained.windvane("card", "shop", "1").out
    version, window, card = trained.pages(
        "/models/shop/versions/1", "/models/shop/windows/2024-02", "/models/shop/versions/1/card"
    )
    assert (version[0], window[0], card[0]) == (200, 200, 200)
    assert "even_rows" in version[1]
    assert "half_miss" in version[1] and "halves" in version[1]
    assert "Rows on the full hour" in window[1]
    assert "rows are left over" in card[1]


def test_a_page_of_a_package_has_a_tab_its_own_template_and_the_same_guard(trained: Project) -> None:
    page, facts, overview = trained.pages("/sizes", "/api/sizes", "/")
    assert page[0] == 200
    assert "<dt>shop</dt><dd>1</dd>" in page[1]
    assert "&lt;b&gt;escaped" in page[1]
    assert "default-src 'none'" in page[2]["content-security-policy"]
    assert json.loads(facts[1]) == {"versions": {"shop": 1}}
    assert 'href="/sizes"' in overview[1]


def test_a_verb_of_a_package_is_listed_last_and_answers_in_json(trained: Project) -> None:
    helped = trained.python("-m", "windvane.cli", "--help").out
    assert helped.index("Count the versions") > helped.index("Serve") if "Serve" in helped else "sizes" in helped
    assert trained.windvane("sizes", "--json").json == {"shop": 1}


@pytest.mark.parametrize(
    ("right", "wrong", "said"),
    [
        ('"made_up"', '"made_pu"', "did you mean 'made_up'"),
        ('"straight"', '"straigth"', "did you mean 'straight'"),
        ("rule.even_rows", "rule.even_row", "did you mean 'even_rows'"),
        ('"half_miss"', '"half_mis"', "did you mean 'half_miss'"),
        ('"full_hours"', '"full_hour"', "did you mean 'full_hours'"),
        ('"400"', '"many"', "'many' is no number of rows"),
    ],
)
def test_a_mistyped_kind_is_named_with_the_nearest_one(project: Project, right: str, wrong: str, said: str) -> None:
    project.declare(SPEC.replace(right, wrong))
    ended = project.windvane("check")
    assert ended.code == 1
    assert said in " ".join(ended.err.split())


def test_two_packages_with_one_name_are_both_named(project: Project, tmp_path: Path, example: Path) -> None:
    text = "from windvane.spec.source import SourceKind\n\n\nclass Other(SourceKind):\n    name = 'made_up'\n"
    text += "\n    @classmethod\n    def read(cls, *given):\n        return iter(())\n"
    other = package(tmp_path / "other", "other-kinds", "windvane.sources", "other_kinds", other_kinds=text)
    ended = project.seeing(example, other).windvane("check")
    assert ended.code == 1
    said = " ".join(ended.err.split())
    assert "DuplicateKind" in said
    assert "two packages bring the source 'made_up': other-kinds 3.4 and windvane-example-kinds 1.2" in said


@pytest.mark.parametrize("group", ["pages", "commands"])
def test_a_broken_page_or_verb_takes_nothing_else_away(
    trained: Project, tmp_path: Path, example: Path, group: str
) -> None:
    broken = package(tmp_path / "broken", "broken-kinds", f"windvane.{group}", "broken", broken="import nowhere_at_all")
    sees = trained.seeing(example, broken)
    ended = sees.windvane("models", "--json")
    assert (ended.code, [model["model"] for model in ended.json]) == (0, ["shop"])
    overview, sizes = sees.pages("/", "/sizes")
    assert (overview[0], sizes[0]) == (200, 200)
    said = ended.err if group == "commands" else overview[1]
    assert "BrokenPlugin: broken-kinds 3.4 brings a" in said
    assert "nowhere_at_all" in said


def test_a_broken_source_is_named_where_sources_are_used_and_nowhere_else(
    trained: Project, tmp_path: Path, example: Path
) -> None:
    broken = package(tmp_path / "broken", "broken-kinds", "windvane.sources", "broken", broken="import nowhere_at_all")
    sees = trained.seeing(example, broken)
    checked = sees.windvane("check")
    assert checked.code == 1
    assert "BrokenPlugin" in checked.err
    assert "broken-kinds 3.4" in checked.err
    assert sees.windvane("history", "shop", "--json").code == 0


class TestUninstalled:
    """The package is gone while a stored spec and a version use what it brought."""

    def test_pages_still_open_and_show_the_kinds_by_their_stored_names(self, trained: Project) -> None:
        paths = ["/", "/models/shop", "/models/shop/versions/1", "/models/shop/windows/2024-02", "/audit-log"]
        answers = trained.seeing().pages(*paths, "/models/shop/versions/1/card")
        assert [answer[0] for answer in answers] == [200] * len(answers)
        assert "even_rows" in answers[2][1]
        assert "full hours" in answers[3][1]

    def test_what_was_stored_is_told_or_refused_by_name(self, trained: Project) -> None:
        words = ("-m", "windvane.cli", "--artifacts", str(trained.folder / "example" / "kept"))
        for verb in (("show", "shop"), ("show", "shop", "1"), ("history", "shop"), ("verify", "shop")):
            ended = trained.seeing().python(*words, *verb)
            assert ended.code == 0, ended.err
        store = trained.seeing().windvane("models")
        assert (store.code, "did you mean" in store.err or "known schemes" in store.err) == (1, True)

    def test_a_training_is_refused(self, trained: Project) -> None:
        words = ("-m", "windvane.cli", "--artifacts", str(trained.folder / "example" / "kept"))
        ended = trained.seeing().python(*words, "run", "train", "shop", "--window", "2024-02")
        assert ended.code == 1
        assert "'made_up' is not known" in " ".join(ended.err.split())


def test_the_page_about_plugins_holds_the_package_that_is_tested() -> None:
    page = (ROOT / "docs" / "plugins.md").read_text(encoding="utf-8")
    files = [path for path in EXAMPLE.rglob("*") if path.suffix in (".py", ".toml", ".html")]
    told = [path for path in files if path.name != "__init__.py"]
    assert len(told) >= 8
    for path in told:
        text = path.read_text(encoding="utf-8").strip()
        assert f"`{path.relative_to(EXAMPLE).as_posix()}`:\n\n```" in page, path
        assert f"\n{text}\n```\n" in page, path
