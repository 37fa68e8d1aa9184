"""The open list of gate rules: what `windvane.rule` offers, rules of other packages, and one whose package is gone."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.unit.lifecycle.examples import evaluation_of, model_with, version_of
from windvane import Gate, Model, rule
from windvane.errors import SpecError, UnknownKind, UnknownRule
from windvane.lifecycle import rules
from windvane.lifecycle.gate import judge
from windvane.lifecycle.rules import Case
from windvane.spec import RULES
from windvane.spec.rules import Groups, MissingRule, Needs, Perturbation, Slices

PLUGIN = '''
from typing import Literal

from windvane.lifecycle.rules import Case, verdict
from windvane.results import Number, Verdict
from windvane.spec import Task
from windvane.spec.rules import Needs, Rule


class EvenRows(Rule):
    """Pass when the holdout's rows can be parted into equal groups."""

    positional = ("groups",)

    kind: Literal["even_rows"] = "even_rows"
    groups: int

    def needs(self, task: Task) -> Needs:
        return Needs(batches=(self.groups,))

    def judge(self, case: Case) -> Verdict:
        left = case.evaluation.rows % self.groups
        number = Number(name="rows left", value=left, allowed="0", better="lower")
        return verdict(self, "fail" if left else "pass", f"{left} rows are left over", number)
'''


@pytest.fixture
def plugin(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """An installed package that brings the rule `even_rows`."""
    (tmp_path / "parts_rules.py").write_text(PLUGIN, encoding="utf-8")
    metadata = tmp_path / "parts_rules-1.2.dist-info"
    metadata.mkdir()
    (metadata / "METADATA").write_text("Metadata-Version: 2.1\nName: parts-rules\nVersion: 1.2\n", encoding="utf-8")
    (metadata / "entry_points.txt").write_text("[windvane.rules]\nheaps = parts_rules\n", encoding="utf-8")
    list(RULES)  # read before, so that what was read is put back after
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.delitem(vars(RULES), "_found")
    yield
    sys.modules.pop("parts_rules")


def test_a_built_in_kind_is_the_module_of_its_name() -> None:
    folder = Path(rules.__file__).parent
    for kind, found in RULES.items().items():
        assert found.__module__ == f"windvane.lifecycle.rules.{kind}"
        assert (folder / f"{kind}.py").is_file()
    assert len(list(RULES)) == 22
    assert set(dir(rule)) >= set(RULES)


@pytest.mark.parametrize(
    ("built", "fields"),
    [
        (rule.better_than_baseline("brier", 0.1), {"metric": "brier", "margin": 0.1}),
        (rule.not_worse_than_champion(), {"metric": None, "margin": 0.01, "relative": False}),
        (
            rule.not_worse_live(0.02, 3, 50),
            {"margin": 0.02, "windows": 3, "rows": 50, "inconclusive": "needs_approval"},
        ),
        (rule.bound("f1", at_least=0.5), {"metric": "f1", "at_least": 0.5, "at_most": None}),
        (rule.per_slice("a", "f1", 0.1, 30), {"column": "a", "metric": "f1", "margin": 0.1, "rows": 30}),
        (rule.per_slice(queries=None, column="a"), {"queries": {}, "margin": 0.05}),
        (rule.calibration(0.1), {"at_most": 0.1}),
        (rule.fairness("race", "equalised_odds", at_least=0.8), {"column": "race", "measure": "equalised_odds"}),
        (rule.robustness("f1", 0.1, noise=0.5), {"metric": "f1", "margin": 0.1}),
        (rule.robustness(missing=["a"]), {"margin": 0.02, "missing": ("a",)}),
        (rule.input_contract("same"), {"allow": "same"}),
        (rule.latency(5, 10), {"at_most": 5.0, "rows": 10}),
        (rule.memory(5), {"at_most": 5.0, "rows": 1000}),
        (rule.custom("m:f"), {"path": "m:f"}),
        (rule.ask(rule.age("3d"), rule.size(1)), {"rules": (rule.age("3d"), rule.size(1))}),
    ],
)
def test_a_rule_is_built_by_position_and_by_name(built: Any, fields: dict[str, Any]) -> None:
    assert {name: getattr(built, name) for name in fields} == fields


@pytest.mark.parametrize(
    ("build", "message"),
    [
        (lambda: rule.size(1, 2), "2 values by position, at most 1 allowed"),
        (lambda: rule.size(1, at_most=2), "field 'at_most' is given twice"),
        (lambda: rule.size(at_mots=1), "unknown field 'at_mots'; did you mean 'at_most'?"),
        (lambda: rule.min_rows(), "field 'rows' is required"),
        (lambda: Gate(rules=[{"kind": "size"}]), "gate rule 'size': field 'at_most' is required"),
        (lambda: Gate(rules=[{"at_most": 3}]), "a gate rule needs its kind"),
    ],
)
def test_a_mistake_in_building_a_rule_is_named(build: Any, message: str) -> None:
    with pytest.raises(SpecError) as caught:
        build()
    assert message in str(caught.value)


def test_a_name_that_no_package_brings_is_refused_with_the_nearest_one() -> None:
    with pytest.raises(UnknownRule, match="no gate rule 'siez'; did you mean 'size'") as caught:
        rule.siez(5)
    assert isinstance(caught.value, AttributeError)
    assert caught.value.name == "UnknownRule"
    assert not hasattr(rule, "siez")
    with pytest.raises(UnknownKind, match="did you mean 'size'"):
        Gate(rules=[{"kind": "siez", "at_most": 5}])


def test_a_gate_needs_what_its_rules_need_and_no_more() -> None:
    gate = Gate(
        rule.any_of(rule.latency(5, 10), rule.all_of(rule.memory(5, 10), rule.latency(5, 20))),
        rule.per_slice("region", "brier"),
        rule.warn(rule.fairness("race", at_most=0.1), rule.fairness("race", at_least=0.8)),
        rule.robustness(noise=0.1),
        rule.custom("m:f"),
    )
    assert gate.needs("binary") == Needs(
        metrics=("brier", "log_loss"),
        slices=(Slices("brier", "region"),),
        groups=(Groups("race"),),
        perturbations=(Perturbation("log_loss", noise=0.1),),
        batches=(10, 20),
        functions=("m:f",),
    )
    assert Gate(rule.not_worse_live(), rule.size(5)).needs("binary") == Needs(live=True)


@pytest.mark.usefixtures("plugin")
def test_a_rule_of_another_package_works_as_a_built_in_one() -> None:
    declared = rule.even_rows(3)
    model = model_with(gate=Gate(rule.min_rows(10), rule.any_of(declared, rule.min_rows(9_999))))
    assert declared.label == "even_rows(groups=3)"
    assert RULES.package_of("even_rows") == "parts-rules 1.2"
    assert model.gate.needs("binary").batches == (3,)
    assert Model(**model.model_dump(mode="json")) == model == Model.from_stored(model.model_dump(mode="json"))
    result = judge(Case(model=model, version=version_of(), evaluation=evaluation_of()), "sha256:e")
    assert (result.decision, result.verdicts[-1].parts[0].headline) == ("reject", "1 rows are left over: fail")
    with pytest.raises(UnknownRule, match="did you mean 'even_rows'"):
        rule.evn_rows(3)


def test_a_stored_spec_is_read_when_the_package_of_a_rule_is_gone(request: pytest.FixtureRequest) -> None:
    kept = model_with(gate=Gate(rule.min_rows(10), rule.ask(rule.size(5)))).model_dump(mode="json")
    gone = {"kind": "even_rows", "inconclusive": "reject", "groups": 3}
    kept["gate"]["rules"][1]["rules"].append(gone)
    kept["gate"]["rules"].append({**gone, "inconclusive": "needs_approval", "groups": 5})
    with pytest.raises(UnknownKind, match="gate rule 'even_rows' is not known"):
        Model(**kept)
    model = Model.from_stored(kept)
    assert model.model_dump(mode="json") == kept
    assert [one.label for one in model.gate.rules] == [
        "min_rows(rows=10)",
        "ask(size(at_most=5), even_rows(groups=3))",
        "even_rows(groups=5)",
    ]
    assert isinstance(model.gate.rules[2], MissingRule)
    result = judge(Case(model=model, version=version_of(), evaluation=evaluation_of()), "sha256:e")
    assert result.decision == "needs_approval"
    assert result.verdicts[-1].outcome == "inconclusive"
    assert result.verdicts[-1].headline == "no installed package brings the gate rule 'even_rows': not enough evidence"
    request.getfixturevalue("plugin")
    assert not isinstance(Model.from_stored(kept).gate.rules[2], MissingRule)


def test_a_gate_is_declared_without_loading_a_library_of_numbers() -> None:
    heavy = ["numpy", "pandas", "scipy", "sklearn", "pyarrow", "sqlalchemy"]
    code = f"import sys; from windvane import Gate; Gate(); print([name for name in {heavy} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
