"""Lineage as the OpenLineage provider sends it from real task runs: one graph from the source to the scores."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import attr
import pytest
from airflow.sdk import Asset
from openlineage.client import event_v2, facet_v2

from tests.dags.conftest import ROOT
from tests.dags.story import MODEL
from tests.dags.test_runs import SOURCE
from windvane import Publish, Source
from windvane.orchestration.lineage import asset_dataset, outside

DAG_FILE = f'''"""{MODEL}: an airflow dag family whose lineage is looked at."""
from windvane import Estimator, Features, Model, Publish, Source
from windvane.orchestration import build_airflow_dags

build_airflow_dags(Model(
    name="{MODEL}", owner="tests", source=Source.callable("rides:rows"), start="2020-01-01", end="2021-01-01",
    event_time="at", key="ride", target="cancelled", task="binary", estimator=Estimator("rides:estimator"),
    features=Features(numbers=["distance", "wait"]), publish=[Publish.parquet("out/window={{window}}")],
))
'''
STORY = ("train:2020-01", "score:2020-03", "monitor:2020-03")
FACETS = {
    "version": facet_v2.dataset_version_dataset.DatasetVersionDatasetFacet,
    "schema": facet_v2.schema_dataset.SchemaDatasetFacet,
    "ownership": facet_v2.ownership_dataset.OwnershipDatasetFacet,
    "dataSource": facet_v2.datasource_dataset.DatasourceDatasetFacet,
    "inputStatistics": facet_v2.input_statistics_input_dataset.InputStatisticsInputDatasetFacet,
    "outputStatistics": facet_v2.output_statistics_output_dataset.OutputStatisticsOutputDatasetFacet,
    "dataQualityAssertions": facet_v2.data_quality_assertions_dataset.DataQualityAssertionsDatasetFacet,
    "dataQualityMetrics": facet_v2.data_quality_metrics_input_dataset.DataQualityMetricsInputDatasetFacet,
    "test": facet_v2.test_run.TestRunFacet,
}


@pytest.fixture(scope="module")
def events(airflow_database: Path, tmp_path_factory: pytest.TempPathFactory) -> list[dict[str, Any]]:
    """What the provider wrote of a training, a scoring and a monitoring."""
    home = tmp_path_factory.mktemp("lineage")
    (home / "dags").mkdir()
    (home / "dags" / f"{MODEL}.py").write_text(DAG_FILE, encoding="utf-8")
    (home / "airflow").mkdir()
    shutil.copy(airflow_database, home / "airflow" / "airflow.db")
    sent = {"type": "file", "log_file_path": str(home / "events.jsonl"), "append": True}
    env = os.environ | {
        "PYTHONPATH": os.pathsep.join(map(str, (ROOT / "include", SOURCE, ROOT))),
        "OMP_NUM_THREADS": "1",
        "AIRFLOW__OPENLINEAGE__TRANSPORT": json.dumps(sent),
    }
    command = [sys.executable, "-m", "tests.dags.story", str(home), *STORY]
    done = subprocess.run(command, cwd=home, env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 0, (done.stdout + done.stderr)[-4000:]
    return [json.loads(line) for line in (home / "events.jsonl").read_text(encoding="utf-8").splitlines()]


def tasks(events: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """The last word on each task."""
    return {event["job"]["name"]: event for event in events if event["eventType"] in ("COMPLETE", "FAIL")}


def edges(events: list[dict[str, Any]]) -> Iterator[tuple[str, str]]:
    for event in events:
        job = event["job"]["name"]
        yield from ((f"{one['namespace']} {one['name']}", job) for one in event.get("inputs", ()))
        yield from ((job, f"{one['namespace']} {one['name']}") for one in event.get("outputs", ()))


def test_one_graph_leads_from_the_source_to_the_scores_and_on_to_their_consumers(
    events: list[dict[str, Any]],
) -> None:
    found = set(edges(events))
    path = (
        "python rides:rows",
        f"{MODEL}_train.data.snapshot",
        f"windvane {MODEL}/snapshot",
        f"{MODEL}_train.version.train",
        f"windvane {MODEL}/version",
        f"{MODEL}_train.promote",
        f"windvane {MODEL}/champion",
        f"{MODEL}_score.score",
        f"windvane {MODEL}/scored",
        f"{MODEL}_score.publish",
        f"windvane {MODEL}/scores",
        f"{MODEL}_score.deliver",
    )
    assert [step for step in pairwise(path) if step not in found] == []
    delivered = [target for job, target in found if job == f"{MODEL}_score.deliver"]
    assert len(delivered) == 1
    assert delivered[0].startswith("file /")
    assert delivered[0].endswith("out/window=2020-03")
    assert (f"windvane {MODEL}/scores", f"{MODEL}_monitor.check") in found
    nodes = {node for edge in found for node in edge}
    reached, wave = set(), {path[0]}
    while wave:
        reached |= wave
        wave = {other for edge in found for node, other in (edge, edge[::-1]) if node in wave} - reached
    assert nodes == reached, "no island"


def test_no_task_is_of_an_unknown_source(events: list[dict[str, Any]]) -> None:
    names = {name for event in events for name in event["run"]["facets"]}
    assert "unknownSourceAttribute" not in names


def test_datasets_say_which_rows_and_which_version_they_were(events: list[dict[str, Any]]) -> None:
    done = tasks(events)
    (taken,) = done[f"{MODEL}_train.data.snapshot"]["outputs"]
    (read,) = done[f"{MODEL}_train.data.validate"]["inputs"]
    assert taken["facets"]["version"] == read["facets"]["version"]
    assert taken["facets"]["version"]["datasetVersion"].startswith("sha256:")
    assert {field["name"] for field in taken["facets"]["schema"]["fields"]} >= {"ride", "at", "distance", "wait"}
    assert taken["outputFacets"]["outputStatistics"]["rowCount"] == 1500
    partition = taken["outputFacets"]["subset"]["outputCondition"]["partitions"][0]
    assert (partition["identifier"], partition["dimensions"]) == ("2020-01", {"window": "2020-01"})
    (trained,) = done[f"{MODEL}_train.version.train"]["outputs"]
    assert trained["facets"]["version"]["datasetVersion"].startswith("v1 sha256:")
    assert trained["facets"]["ownership"]["owners"] == [{"name": "tests", "type": "OWNER"}]


def test_quality_tells_what_was_expected_and_how_the_columns_looked(events: list[dict[str, Any]]) -> None:
    done = tasks(events)
    (read,) = done[f"{MODEL}_train.data.validate"]["inputs"]
    told = read["inputFacets"]["dataQualityAssertions"]["assertions"]
    assert told
    assert all(one["success"] for one in told)
    (learned,) = done[f"{MODEL}_train.version.train"]["inputs"]
    columns = learned["inputFacets"]["dataQualityMetrics"]["columnMetrics"]
    assert set(columns) == {"distance", "wait"}
    assert columns["wait"]["nullCount"] == 0
    assert columns["wait"]["min"] < columns["wait"]["max"]


def test_the_gate_tells_its_verdicts_and_its_decision(events: list[dict[str, Any]]) -> None:
    tests = tasks(events)[f"{MODEL}_train.gate"]["run"]["facets"]["test"]["tests"]
    assert tests[-1]["name"] == "gate"
    assert (tests[-1]["status"], tests[-1]["actual"]) == ("pass", "promote")
    assert len(tests) > 2


def test_every_facet_has_the_fields_that_openlineage_knows(events: list[dict[str, Any]]) -> None:
    count = 0
    for event in events:
        datasets = [*event.get("inputs", ()), *event.get("outputs", ())]
        held = [one.get(name) or {} for one in datasets for name in ("facets", "inputFacets", "outputFacets")]
        for name, facet in ((name, facet) for one in (*held, event["run"]["facets"]) for name, facet in one.items()):
            if name not in FACETS:
                continue
            known = {part.name for part in attr.fields(FACETS[name])}
            assert set(facet) <= known, name
            assert facet["_schemaURL"].startswith("https://openlineage.io/spec/facets/")
            if datasets or name == "test":
                assert "windvane" in facet["_producer"]
            count += 1
    assert count > 30


def test_an_asset_is_the_dataset_that_its_task_makes() -> None:
    found = asset_dataset(Asset(name="scores", uri="x-windvane://flights/scores"), None)
    assert found == event_v2.Dataset(namespace="windvane", name="flights/scores")


@pytest.mark.parametrize(
    ("one", "url", "expected"),
    [
        (Source.parquet("s3://lake/orders/*.parquet"), "", ("s3://lake", "orders/*.parquet")),
        (Source.csv("data/*.csv"), "", ("file", "/base/data/*.csv")),
        (Source.callable("models.flights:departures"), "", ("python", "models.flights:departures")),
        (
            Source.of("table", "orders", connection="warehouse"),
            "postgresql+psycopg2://ada:secret@db/shop",
            ("postgres://db:5432", "shop.public.orders"),
        ),
        (
            Publish.sql("warehouse", "eu.scores"),
            "postgresql+psycopg2://ada:secret@db:6543/shop",
            ("postgres://db:6543", "shop.eu.scores"),
        ),
    ],
    ids=["bucket", "files", "function", "table", "place"],
)
def test_what_is_outside_has_the_name_that_other_tools_give_it(
    one: Source | Publish, url: str, expected: tuple[str, str]
) -> None:
    found = outside(one, one.path if isinstance(one, Source) else one.to, lambda _: url, Path("/base"))
    assert (found.namespace, found.name) == expected
    assert "secret" not in str(found)
