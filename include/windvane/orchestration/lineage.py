"""What a task read and made, as OpenLineage has it: one graph from a model's source to its published scores.

Operators note plain data while they work. The OpenLineage provider, where it is installed, asks the operator for it at
the end of its task (`get_openlineage_facets_on_complete`); nothing of it is imported before.
"""

from __future__ import annotations

import importlib.util
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from airflow.sdk import conf

if TYPE_CHECKING:
    from airflow.sdk import Asset

    from windvane.results import ColumnProfile, ExpectationResult, GateResult  # noqa: TC004 (a dataclass reads none)
    from windvane.spec import Model, Publish, Source

SOURCE, SNAPSHOT, VERSION, CHAMPION, SCORED, SCORES = "source", "snapshot", "version", "champion", "scored", "scores"
"""What a model's datasets are called, below its name; the source has a name of its own where it can be told."""

_PORTS = {"postgres": 5432, "mysql": 3306, "mssql": 1433}


@dataclass(frozen=True)
class Data:
    """A dataset that a task read or made.

    Args:
        namespace: Where it is, as OpenLineage names places.
        name: What it is called there.
        version: Which one it was: a digest or a number.
        windows: Keys of the windows that it concerns.
        rows: How many rows.
        columns: Their names, and types where they are known.
        owner: Who owns it.
        place: Where its bytes are.
        assertions: What was expected of it, and whether it held.
        profile: Summaries of its columns.
    """

    namespace: str
    name: str
    version: str = ""
    windows: tuple[str, ...] = ()
    rows: int | None = None
    columns: Mapping[str, str] = field(default_factory=dict)
    owner: str = ""
    place: str = ""
    assertions: tuple[ExpectationResult, ...] = ()
    profile: Mapping[str, ColumnProfile] = field(default_factory=dict)


@dataclass
class Noted:
    """What a task noted of its lineage."""

    inputs: list[Data] = field(default_factory=list)
    outputs: list[Data] = field(default_factory=list)
    judged: GateResult | None = None
    """The gate's decision, with its verdicts."""


@cache
def listens() -> bool:
    """Tell whether lineage can be asked for: what costs a look into the stores is noted only then."""
    return importlib.util.find_spec("openlineage") is not None


def namespace() -> str:
    """Return the namespace of Windvane's own datasets: a deployment that names its own has one apart."""
    own = conf.get("openlineage", "namespace", fallback="") or "default"
    return "windvane" if own == "default" else f"windvane://{own}"


def kept(model: Model, what: str, **more: Any) -> Data:
    """Return one of a model's own datasets."""
    return Data(namespace(), f"{model.name}/{what}", owner=model.owner, **more)


def outside(one: Source | Publish, path: str, database: Callable[[str], str], base: Path) -> Data:
    """Return the dataset that a source reads, or a place of consumers gets.

    Args:
        one: What is declared.
        path: Its path, its table or its query.
        database: Gives the URL of the database that a connection names.
        base: The folder that relative paths start from.
    """
    if one.kind in ("table", "query", "sql"):
        return _of_database(path, database(str(one.connection)), one.kind == "query", str(one.connection))
    if one.kind == "callable":
        return Data("python", path)
    if "://" in path:
        parts = urlsplit(path)
        return Data(f"{parts.scheme}://{parts.netloc}", parts.path.strip("/") or "/")
    known = one.kind in ("csv", "parquet", "json", "feather", "excel")
    return Data("file", str((base / path).absolute())) if known else Data(one.kind, path)


def _of_database(path: str, url: str, query: bool, connection: str) -> Data:
    """Return a table; of a query, whose tables are not known, what it is called: its connection and its digest."""
    import hashlib

    from windvane.stores.urls import url_of

    at = url_of(url)
    kind = {"postgresql": "postgres"}.get(at.get_backend_name(), at.get_backend_name())
    port = at.port or _PORTS.get(kind)
    where = f"{kind}://{at.host}{f':{port}' if port else ''}" if at.host else f"{kind}:///{at.database or ''}"
    if query:
        return Data(where, f"{connection}.query-{hashlib.sha256(path.encode()).hexdigest()[:12]}")
    schema = "" if "." in path or kind != "postgres" else "public."
    return Data(where, f"{at.database}.{schema}{path}" if at.host else path)


def asset_dataset(asset: Asset, lineage_context: Any) -> Any:  # noqa: ARG001 (as the provider calls it)
    """Return the dataset of a model's asset, `x-windvane://flights/scores`: the one that its tasks make."""
    from openlineage.client.event_v2 import Dataset

    parts = urlsplit(str(asset.uri))
    return Dataset(namespace=namespace(), name=f"{parts.netloc}/{parts.path.strip('/')}")


def facets(noted: Noted) -> Any:
    """Return what a task noted as the OpenLineage provider takes it."""
    from airflow.providers.openlineage.extractors import OperatorLineage
    from openlineage.client import event_v2 as events

    from windvane import __version__

    inputs = [
        events.InputDataset(one.namespace, one.name, facets=_of(one), inputFacets=_read(one)) for one in noted.inputs
    ]
    outputs = [
        events.OutputDataset(one.namespace, one.name, facets=_of(one), outputFacets=_made(one)) for one in noted.outputs
    ]
    producer = f"https://pypi.org/project/windvane/{__version__}"
    run = {"test": _tests(noted.judged)} if noted.judged else {}
    for one in (*_facets_of(inputs, "inputFacets"), *_facets_of(outputs, "outputFacets"), *run.values()):
        one._producer = producer  # noqa: SLF001 (OpenLineage's own field of a facet)
    return OperatorLineage(inputs=inputs, outputs=outputs, run_facets=run)


def _facets_of(datasets: Iterable[Any], special: str) -> Iterable[Any]:
    for dataset in datasets:
        yield from (*dataset.facets.values(), *getattr(dataset, special).values())


def _of(one: Data) -> dict[str, Any]:
    """Return the facets of a dataset, read or made."""
    from openlineage.client import facet_v2 as known

    found: dict[str, Any] = {}
    if one.version:
        found["version"] = known.dataset_version_dataset.DatasetVersionDatasetFacet(one.version)
    if one.columns:
        made = known.schema_dataset.SchemaDatasetFacetFields
        fields = [made(name, kind or None) for name, kind in one.columns.items()]
        found["schema"] = known.schema_dataset.SchemaDatasetFacet(fields)
    if one.owner:
        owner = known.ownership_dataset.Owner(one.owner, "OWNER")
        found["ownership"] = known.ownership_dataset.OwnershipDatasetFacet([owner])
    if one.place:
        found["dataSource"] = known.datasource_dataset.DatasourceDatasetFacet("windvane artifacts", one.place)
    return found


def _read(one: Data) -> dict[str, Any]:
    """Return the facets of a dataset that was read: what was expected of it, and how it looked."""
    from openlineage.client import facet_v2 as known

    found: dict[str, Any] = {}
    if one.windows:
        found["subset"] = known.base_subset_dataset.InputSubsetInputDatasetFacet(_partitions(one.windows))
    if one.rows is not None:
        found["inputStatistics"] = known.input_statistics_input_dataset.InputStatisticsInputDatasetFacet(one.rows)
    if one.assertions:
        made = known.data_quality_assertions_dataset.Assertion
        told = [
            made(
                item.expectation,
                item.success,
                column=item.column,
                severity="error" if item.stops != "nothing" else "warn",
                actual=item.observed or None,
            )
            for item in one.assertions
        ]
        found["dataQualityAssertions"] = known.data_quality_assertions_dataset.DataQualityAssertionsDatasetFacet(told)
    if one.profile:
        columns = {name: _column(profile) for name, profile in one.profile.items()}
        metrics = known.data_quality_metrics_input_dataset
        found["dataQualityMetrics"] = metrics.DataQualityMetricsInputDatasetFacet(columns, rowCount=one.rows)
    return found


def _made(one: Data) -> dict[str, Any]:
    """Return the facets of a dataset that was made."""
    from openlineage.client import facet_v2 as known

    found: dict[str, Any] = {}
    if one.windows:
        found["subset"] = known.base_subset_dataset.OutputSubsetOutputDatasetFacet(_partitions(one.windows))
    if one.rows is not None:
        statistics = known.output_statistics_output_dataset.OutputStatisticsOutputDatasetFacet
        found["outputStatistics"] = statistics(one.rows)
    return found


def _partitions(windows: tuple[str, ...]) -> Any:
    from openlineage.client.facet_v2 import base_subset_dataset as subset

    return subset.PartitionSubsetCondition([subset.Partition({"window": key}, identifier=key) for key in windows])


def _column(profile: ColumnProfile) -> Any:
    from openlineage.client.facet_v2 import data_quality_metrics_input_dataset as metrics

    several = None if profile.kind == "number" or profile.hashed else len(profile.categories)
    return metrics.ColumnMetrics(
        nullCount=profile.missing,
        count=profile.rows - profile.missing,
        distinctCount=several,
        min=profile.minimum,
        max=profile.maximum,
    )


def _tests(result: GateResult) -> Any:
    """Return the gate's verdicts, and its decision as the last one."""
    from openlineage.client.facet_v2 import test_run

    made = test_run.TestExecution
    tests = [
        made(
            item.rule,
            {"pass": "pass", "fail": "fail"}.get(item.outcome, "skip"),
            severity="error" if item.unless_passed == "reject" else "warn",
            type=re.sub(r"[^a-z_].*", "", item.rule) or None,
            description=item.headline,
        )
        for item in result.verdicts
    ]
    decided = made(
        "gate",
        "pass" if result.decision == "promote" else "fail",
        severity="warn" if result.decision == "needs_approval" else "error",
        type="gate",
        description="; ".join(reason.headline for reason in result.reasons) or None,
        expected="promote",
        actual=result.decision,
    )
    return test_run.TestRunFacet([*tests, decided])
