"""The declared classes in the order of the reference, each with an example that runs and a mistake that is refused."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from pydantic import BaseModel

from windvane import spec
from windvane.spec.gating import Gate, Stages
from windvane.spec.keeping import Keep
from windvane.spec.limits import Limit
from windvane.spec.metrics import OwnMetric
from windvane.spec.parts import Before, EarlyStopping, Estimator, Features, Schedule, Weights
from windvane.spec.reading import Reading
from windvane.spec.tuning import Branch, Search
from windvane.spec.watching import Monitor, Policy


@dataclass(frozen=True)
class Entry:
    """A declared class, and an example of it that can be run."""

    kind: type[BaseModel]
    example: str
    wrong: str
    """A declaration that is refused, after the example's imports."""


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
        'Model(name="Credit", owner="risk", event_tme="applied_at")',
    ),
    Entry(
        spec.Source,
        """from windvane import Source

files = Source.parquet("data/*.parquet", optional=["channel"])
table = Source.sql("warehouse", table="risk.loans", unit="s")""",
        'Source.parquet("data/*.parquet", optinal=["channel"])',
    ),
    Entry(
        Reading,
        """from windvane import Source

german = Source.csv(
    "data/*.csv", separator=";", decimal=",", encoding="latin-1", format="%d.%m.%Y", zone="Europe/Berlin"
)""",
        'Source.csv("data/*.csv", zone="Europe/Berln")',
    ),
    Entry(
        Features,
        """from windvane import Features

features = Features(
    numbers=["income", "debt"], categories=["purpose"], make="models.credit:features", made=["debt_share"]
)""",
        'Features(numbers=["income"], categories=["income"])',
    ),
    Entry(
        Estimator,
        """from windvane import Estimator

lasso = Estimator("sklearn.linear_model:LogisticRegression", C=0.1)""",
        'Estimator("sklearn.linear_model.LogisticRegression")',
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
        'Search(space={"learning_rate": space.log(0.3, 0.01)})',
    ),
    Entry(
        Branch,
        """from windvane import Branch, Estimator, Search, space

line = Branch(
    estimator=Estimator("sklearn.linear_model:LogisticRegression"), space={"C": space.log(0.001, 10.0, simple="low")}
)
search = Search(branches={"constant": Branch(estimator=Estimator("baseline")), "line": line})""",
        'Branch(estimator=Estimator("baseline"), spce={"C": space.log(0.001, 10.0)})',
    ),
    Entry(
        spec.Dimension,
        """from windvane import space

rate = space.log(0.01, 0.3)
degree = space.integer(2, 5, simple="low", kernel="poly")""",
        "space.log(0.0, 0.3)",
    ),
    Entry(
        spec.Publish,
        """from windvane import Publish

lake = Publish.parquet("s3://analytics/scores/{model}/window={window}")
table = Publish.sql("warehouse", table="risk.scores")""",
        'Publish.parquet("s3://analytics/scores/{model}")',
    ),
    Entry(
        EarlyStopping,
        """from windvane import EarlyStopping

stopping = EarlyStopping(rounds=30, share=0.1)""",
        "EarlyStopping(round=30)",
    ),
    Entry(
        Weights,
        """from windvane import Weights

fair = Weights.reweighing("sex")""",
        'Weights(kind="rewighing", column="sex")',
    ),
    Entry(
        Gate,
        """from windvane import Gate, rule

gate = Gate(rule.better_than_baseline(), rule.not_worse_than_champion(margin=0.02), approval="always")""",
        'Gate(rule.better_than_baseline("logloss"), approval="allways")',
    ),
    Entry(
        Stages,
        """from windvane import Gate, Stages

gate = Gate(stages=Stages(shares=(0.05, 0.25)))""",
        "Stages(shares=(0.25, 0.05))",
    ),
    Entry(
        Monitor,
        """from windvane import Monitor, Policy

monitor = Monitor(compare_with="last_year", policy=Policy(cooldown=2))""",
        'Monitor(compare_with="last year")',
    ),
    Entry(
        Policy,
        """from windvane import Policy

policy = Policy(retrain_at=0.05, cost=0.3)""",
        "Policy(retrain_at=0.05, cooldwn=2)",
    ),
    Entry(
        Schedule,
        """from windvane import Schedule

nightly = Schedule(score="30 4 * * *", train="0 6 * * *")""",
        'Schedule(score="30 4 * *")',
    ),
    Entry(
        Keep,
        """from windvane import Keep

keep = Keep(documents="90d", reports="26w")""",
        'Keep(reports="12h")',
    ),
    Entry(
        Limit,
        """from windvane import Monitor, limit

monitor = Monitor(
    limits=[limit("accuracy", at_least=0.7), limit.change("log_loss", at_most="+20 %"), limit.worse_than_baseline()]
)""",
        'limit.change("log_loss", at_most="+20")',
    ),
    Entry(
        Before,
        """from windvane.spec import Before

monthly_until_august = Before(window="month", until="2024-08")""",
        'Before(window="fortnight", until="2024-08")',
    ),
    Entry(
        OwnMetric,
        """from windvane import OwnMetric

metric = OwnMetric(path="models.credit:profit", greater_is_better=True, unit="EUR")""",
        'OwnMetric(path="models.credit.profit", greater_is_better=True)',
    ),
)
"""The classes in the order of the page."""
