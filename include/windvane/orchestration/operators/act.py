"""The operator that does what a person chose on the form of `<model>_act`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from airflow.sdk import Asset, AssetAlias

from windvane import actions
from windvane.errors import IllegalMove, NotAllowed
from windvane.orchestration import metrics
from windvane.orchestration.base import WindvaneOperator, Work
from windvane.orchestration.context import run_type
from windvane.orchestration.links import PAGES, ChampionLink, asset_uri

if TYPE_CHECKING:
    from windvane.actions import Doing, Outcome
    from windvane.results import Promotion


class ActOperator(WindvaneOperator):
    """Do the action of the run's params, in the name of the person who triggered it. XCom: `action`, `message`.

    When the champion changed by it, its asset says so; give the task an `AssetAlias` as outlet for that.
    """

    operator_extra_links = (*PAGES, ChampionLink())

    def step(self, work: Work) -> dict[str, Any]:
        """Read the form, and do it."""
        if run_type(work.context) != "manual" or not work.context["dag_run"].triggering_user_name:
            raise NotAllowed(f"{work.model.name}: an action is a person's own", "trigger this DAG by hand")
        params, name = work.context["params"], work.model.name
        action = actions.ACTIONS.get(str(params.get("action")))
        if action is None or action.dag != "act":
            known = ", ".join(row.name for row in actions.ACTIONS.values() if row.dag == "act")
            raise IllegalMove(f"{name}: there is no action {params.get('action')!r:.40} here", f"choose one of {known}")
        given = actions.read(action, name, {item.name: params.get(item.name) for item in action.parameters})
        before = _last(work)
        outcome = actions.carry_out(action, actions.Doing(work.model, given, work.stores, work.run, InARun()))
        self.log.info("%s.", outcome.message)
        after = _last(work)
        if after is not None and after != before:
            self.announce(work, after)
        return {"action": action.name, "message": outcome.message, "version": given.version}

    def announce(self, work: Work, moved: Promotion) -> None:
        """Say where the pointer stands now, to the metrics, to links and to those who wait for the asset."""
        metrics.moved(moved)
        self.linked_run = work.stores.registry.versions.get(moved.model, moved.version).run_id
        name = work.declared.name
        champion = Asset(name=f"{name}_champion", uri=asset_uri(name, "champion"), group="windvane")
        facts: dict[str, Any] = {"version": moved.version, "epoch": moved.epoch, "window": moved.window}
        for alias in self.outlets:
            if isinstance(alias, AssetAlias):
                work.context["outlet_events"][alias].add(champion, extra=facts)


class InARun:
    """Where an action is carried out: in a task, which can neither train nor answer another run."""

    def train(self, doing: Doing) -> Outcome:
        """Refuse.

        Raises:
            IllegalMove: Training is a DAG of its own.
        """
        raise IllegalMove(f"{doing.spec.name}: this DAG does not train", f"trigger {doing.spec.name}_train")

    def answer(self, *_: object) -> None:
        """Hand it to no run: the answer is carried out here, and a run that waits for it then follows it."""


def _last(work: Work) -> Promotion | None:
    return next(iter(work.stores.registry.champions.promotions(work.model.name, limit=1)), None)
