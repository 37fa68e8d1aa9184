"""The page of every declared class, made from the classes: `python -m windvane.spec.reference > docs/reference.md`."""

from __future__ import annotations

import ast
import inspect
import sys
import textwrap
from collections.abc import Iterator
from dataclasses import dataclass
from types import UnionType
from typing import Any, Final

from pydantic import BaseModel
from pydantic_core import PydanticUndefined

from windvane import spec
from windvane.spec.gating import Gate, Stages
from windvane.spec.limits import Limit
from windvane.spec.metrics import OwnMetric
from windvane.spec.parts import Before, Estimator, Features, Schedule, Weights
from windvane.spec.reading import Reading
from windvane.spec.tuning import Branch, Search
from windvane.spec.watching import Monitor, Policy

HEAD: Final = """# Reference of a declaration

This page is made from the classes themselves (`python -m windvane.spec.reference > docs/reference.md`). A test fails
when it is stale, and runs every example.

A declaration is frozen. An unknown field, or a value that cannot be, raises `SpecError`: it names every mistake at
once, with the nearest match. `windvane check` tells the same of all files.
"""


@dataclass(frozen=True)
class Entry:
    """A declared class, and an example of it that can be run."""

    kind: type[BaseModel]
    example: str


ENTRIES: Final = (
    Entry(
        spec.Model,
        """from windvane import Estimator, Features, Model, Source

credit = Model(
    name="credit",
    owner="risk",
    source=Source.csv("data/*.csv", zone="Europe/Berlin"),
    event_time="applied_at",
    key="loan",
    target="default",
    task="binary",
    features=Features(numbers=["income"], categories=["purpose"]),
    estimator=Estimator("models.credit:pipeline"),
)""",
    ),
    Entry(
        spec.Source,
        """from windvane import Source

files = Source.parquet("data/*.parquet", optional=["channel"])
table = Source.sql("warehouse", table="risk.loans", unit="s")""",
    ),
    Entry(
        Reading,
        """from windvane import Source

german = Source.csv(
    "data/*.csv", separator=";", decimal=",", encoding="latin-1", format="%d.%m.%Y", zone="Europe/Berlin"
)""",
    ),
    Entry(
        Features,
        """from windvane import Features

features = Features(
    numbers=["income", "debt"], categories=["purpose"], make="models.credit:features", made=["debt_share"]
)""",
    ),
    Entry(
        Estimator,
        """from windvane import Estimator

lasso = Estimator("sklearn.linear_model:LogisticRegression", C=0.1)""",
    ),
    Entry(
        Search,
        """from windvane import Search, space

search = Search(
    space={
        "learning_rate": space.log(0.01, 0.3),
        "max_iter": space.integer(50, 400, simple="low"),
        "early_stopping": space.choice(False, True),
        "validation_fraction": space.real(0.05, 0.3, early_stopping=True),
    },
    trials=60,
    parallel=4,
    budget="20m",
)""",
    ),
    Entry(
        Branch,
        """from windvane import Branch, Estimator, Search, space

line = Branch(
    estimator=Estimator("sklearn.linear_model:LogisticRegression"), space={"C": space.log(0.001, 10.0, simple="low")}
)
search = Search(branches={"constant": Branch(estimator=Estimator("baseline")), "line": line})""",
    ),
    Entry(
        spec.Dimension,
        """from windvane import space

rate = space.log(0.01, 0.3)
degree = space.integer(2, 5, simple="low", kernel="poly")""",
    ),
    Entry(
        spec.Publish,
        """from windvane import Publish

lake = Publish.parquet("s3://analytics/scores/{model}/window={window}")
table = Publish.sql("warehouse", table="risk.scores")""",
    ),
    Entry(
        Weights,
        """from windvane import Weights

fair = Weights.reweighing("sex")""",
    ),
    Entry(
        Gate,
        """from windvane import Gate, rule

gate = Gate(rule.better_than_baseline(), rule.not_worse_than_champion(margin=0.02), approval="always")""",
    ),
    Entry(
        Stages,
        """from windvane import Gate, Stages

gate = Gate(stages=Stages(shares=(0.05, 0.25)))""",
    ),
    Entry(
        Monitor,
        """from windvane import Monitor, Policy

monitor = Monitor(compare_with="last_year", policy=Policy(cooldown=2))""",
    ),
    Entry(
        Policy,
        """from windvane import Policy

policy = Policy(retrain_at=0.05, cost=0.3)""",
    ),
    Entry(
        Schedule,
        """from windvane import Schedule

nightly = Schedule(score="30 4 * * *", train="0 6 * * *")""",
    ),
    Entry(
        Limit,
        """from windvane import Monitor, limit

monitor = Monitor(
    limits=[limit("accuracy", at_least=0.7), limit.change("log_loss", at_most="+20 %"), limit.worse_than_baseline()]
)""",
    ),
    Entry(
        Before,
        """from windvane.spec import Before

monthly_until_august = Before(window="month", until="2024-08")""",
    ),
    Entry(
        OwnMetric,
        """from windvane import OwnMetric

metric = OwnMetric(path="models.credit:profit", greater_is_better=True, unit="EUR")""",
    ),
)
"""The classes in the order of the page."""


def page() -> str:
    """Return the whole page."""
    return HEAD + "".join(f"\n{part}" for entry in ENTRIES for part in _class(entry))


def _class(entry: Entry) -> Iterator[str]:
    kind = entry.kind
    yield f"## {kind.__name__}\n"
    yield f"{inspect.cleandoc(kind.__doc__ or '')}\n"
    yield f"```python\n{entry.example}\n```\n"
    yield _fields(kind)
    made = list(_makers(kind))
    if made:
        yield "Build it with:\n"
        yield "\n".join(["| call | gives |", "|---|---|", *made]) + "\n"


def _fields(kind: type[BaseModel]) -> str:
    said = told(kind)
    rows = ["| field | type | default | means |", "|---|---|---|---|"]
    for name, field in kind.model_fields.items():
        means = " ".join((said.get(name) or "").split())
        rows.append(f"| `{name}` | {_type(field)} | {_default(field)} | {_cell(means)} |")
    return "\n".join(rows) + "\n"


def _makers(kind: type[BaseModel]) -> Iterator[str]:
    """Yield the calls that build a class, by its own class methods."""
    for name, method in vars(kind).items():
        if name.startswith("_") or not isinstance(method, classmethod) or name in ("stored", "from_stored"):
            continue
        function = method.__func__
        returned = str(inspect.signature(function).return_annotation)
        if returned not in (kind.__name__, "Self") or not function.__doc__:
            continue
        first = " ".join(inspect.cleandoc(function.__doc__).split("\n\n")[0].split())
        parameters = [one for one in inspect.signature(function).parameters if one not in ("cls", "reading")]
        yield f"| `{kind.__name__}.{name}({', '.join(parameters)})` | {_cell(first)} |"


def told(kind: type[BaseModel]) -> dict[str, str]:
    """Return what is written below each field in the source."""
    body = ast.parse(textwrap.dedent(inspect.getsource(kind))).body[0]
    assert isinstance(body, ast.ClassDef)
    found: dict[str, str] = {}
    for field, text in zip(body.body, body.body[1:], strict=False):
        said = isinstance(text, ast.Expr) and isinstance(text.value, ast.Constant)
        if isinstance(field, ast.AnnAssign) and isinstance(field.target, ast.Name) and said:
            found[field.target.id] = str(text.value.value)  # type: ignore[attr-defined]  # `said` looked at it
    return found


def _type(field: Any) -> str:
    text = _named(field.annotation)
    bounds = {"ge": "≥", "gt": ">", "le": "≤", "lt": "<", "min_length": "length ≥"}
    limits = [
        f"{sign} {getattr(item, name):,}"
        for item in field.metadata
        for name, sign in bounds.items()
        if getattr(item, name, None) is not None
    ]
    return _cell(f"`{text}`" + (f", {', '.join(limits)}" if limits else ""))


def _named(kind: Any) -> str:
    arguments = getattr(kind, "__args__", ())
    origin = getattr(kind, "__origin__", None)
    if kind is type(None):
        return "None"
    if isinstance(kind, UnionType) or str(origin) == "typing.Union":
        return " | ".join(_named(one) for one in arguments)
    if str(origin) == "typing.Literal":
        return " | ".join(repr(one) for one in arguments)
    if origin is not None and hasattr(kind, "__metadata__"):
        return _named(origin)
    if origin is not None and arguments:
        inner = ", ".join("…" if one is Ellipsis else _named(one) for one in arguments)
        return f"{origin.__name__}[{inner}]"
    return str(getattr(kind, "__name__", kind))


def _default(field: Any) -> str:
    if field.default_factory is not None:
        value = field.default_factory()
        empty = not value if isinstance(value, dict | tuple) else False
        return "`{}`" if empty and isinstance(value, dict) else f"`{type(value).__name__}()`" if not empty else "`()`"
    if field.default is PydanticUndefined:
        return "required"
    return _cell(f"`{field.default!r}`")


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


if __name__ == "__main__":
    sys.stdout.write(page())
