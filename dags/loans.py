"""loans: did the lender deny a mortgage, and are applicants of every race treated alike? An Airflow dag family."""

from windvane import Estimator, Features, Gate, Model, Source, Weights, rule
from windvane.orchestration import build_airflow_dags

APPLICANT = [
    "loanamt", "appinc", "hrat", "obrat", "loanprc", "unem", "dep", "married", "sch", "self", "cosign", "cons", "thick",
    "multi", "mortno", "mortlat1", "mortlat2", "chist", "pubrec",
]  # fmt: skip
NEIGHBOURHOOD = ["min30", "bd", "mi", "old", "vr"]

loans = Model(
    name="loans",
    owner="fair lending",
    description="Chance that a lender denied a mortgage (Boston, 1990; the timeline is made up).",
    source=Source.callable("models.loans:applications"),
    start="1990-01-01",
    end="1990-03-01",
    event_time="applied_at",
    key="application",
    target="denied",
    task="binary",
    features=Features(numbers=[*APPLICANT, *NEIGHBOURHOOD]),
    carry=["race"],
    protected=["race"],
    estimator=Estimator("models.loans:pipeline", C=0.01),
    training_weights=Weights.reweighing("race"),  # the mitigation: see "A version that is not fair" in docs/guide.md
    history="all",
    holdout=0.8,
    min_rows=100,
    gate=Gate(
        rule.better_than_baseline("log_loss"),
        rule.fairness("race", "demographic_parity", at_most=0.1),
        approval="first_version",
        four_eyes=True,
    ),
)
build_airflow_dags(loans)
