"""The trigger forms of a model's DAGs, and the DAG `<model>_act`: both drawn from the table of actions."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from airflow.sdk import DAG, AssetAlias, Param

from windvane.actions import ACTIONS, Action, Parameter
from windvane.actions.parameters import REPLACE, WINDOW
from windvane.orchestration.links import model_page
from windvane.orchestration.operators.act import ActOperator
from windvane.spec import Model

REASON_OF_A_RUN = Parameter("reason", "Reason", "Why you start this run; kept with your name", required=False)


def form_of(model: Model, verb: str, table: Mapping[str, Action] = ACTIONS) -> dict[str, Param]:
    """Return the fields of a DAG's trigger form.

    A DAG that a schedule runs too requires none of them. Where a DAG does several actions, the first field chooses
    one, and what that one requires is checked when it runs.

    Args:
        model: The spec.
        verb: What the DAG does: `train`, `score`, `monitor`, `rollback`, `act`.
        table: The actions.
    """
    rows = [row for row in table.values() if row.dag == verb]
    if verb == "act":
        choice = Parameter("action", "Action", "What to do", "choice", choices=tuple(row.name for row in rows))
        shared = {item.name: item for row in reversed(rows) for item in row.parameters}  # the first row's words
        required = {name for name in shared if all(name in map(_name, row.parameters) for row in rows)}
        fields = {name: param_of(item, model, required=name in required) for name, item in shared.items()}
        return {"action": param_of(choice, model), **fields}
    run = {item.name: item for item in (WINDOW, REASON_OF_A_RUN, *([REPLACE] if verb == "score" else []))}
    asked = {item.name: item for row in rows for item in row.parameters} or run
    clocked = verb in model.timetable()
    return {name: param_of(item, model, required=item.required and not clocked) for name, item in asked.items()}


def param_of(parameter: Parameter, model: Model, *, required: bool = True) -> Param:
    """Return a parameter as a field of a trigger form, with its bounds."""
    bounds: dict[str, Any] = {}
    if parameter.kind == "flag":
        return Param(False, type="boolean", title=parameter.title, description=parameter.help)
    if parameter.kind == "version":
        bounds = {"minimum": 1}
    elif parameter.kind == "window":
        bounds = {"pattern": model.cadence.key_pattern}
    elif parameter.kind == "choice":
        bounds = {"enum": [*parameter.choices] if required else [None, *parameter.choices]}
    else:
        bounds = {"maxLength": parameter.longest}
        bounds |= {"minLength": 1, "pattern": r"\S"} if required else {}
    kind = "integer" if parameter.kind == "version" else "string"
    words: dict[str, Any] = {"title": parameter.title, **_described(parameter, model, required=required)}
    if required:
        return Param(type=kind, **bounds, **words)
    return Param(None, type=["null", kind], **bounds, **words)


def tags_of(model: Model, verb: str) -> list[str]:
    """Return the tags of a DAG: what it is of, what it does, and the model's own."""
    return list(dict.fromkeys(["windvane", model.name, verb, *model.tags]))


def act(model: Model, shared: dict[str, Any], doc: str) -> DAG:
    """Build the DAG by which a person does what no other DAG of the model does.

    Args:
        model: The spec.
        shared: What all tasks of the family share.
        doc: Its page of documentation.
    """
    with DAG(
        dag_id=f"{model.name}_act",
        schedule=None,
        catchup=False,
        max_active_runs=1,
        default_args=shared,
        tags=tags_of(model, "act"),
        doc_md=doc,
        params=form_of(model, "act"),
    ) as dag:
        ActOperator(task_id="act", model=model, outlets=[AssetAlias(f"{model.name}_act", group="windvane")])
    return dag


def _described(parameter: Parameter, model: Model, *, required: bool) -> dict[str, str]:
    """Return what stands below a field; a link where a page knows what may stand in it: parsing reads no registry."""
    if parameter.among == "earlier":
        page = model_page(model.name, "do", "rollback")
        return {"description_md": f"{parameter.help}. [Choose among the versions that were champion]({page})"}
    if parameter.kind != "window":
        return {"description": parameter.help}
    keyed = "" if required else "; a partition key (among the advanced options) says the same"
    return {"description": f"Such as {model.cadence.example}{keyed}"}


def _name(parameter: Parameter) -> str:
    return parameter.name
