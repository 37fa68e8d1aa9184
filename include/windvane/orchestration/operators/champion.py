"""Operators that move the champion, or refuse to: promote, reject, and a person's rollback."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from windvane.errors import IllegalMove
from windvane.orchestration import metrics
from windvane.orchestration.base import Work, skipped
from windvane.orchestration.lineage import CHAMPION, VERSION
from windvane.orchestration.links import PAGES, ChampionLink
from windvane.orchestration.operators.train import OnVersionOperator

if TYPE_CHECKING:
    from windvane.results import Run


class OnVerdictOperator(OnVersionOperator):
    """Base of operators that carry out what the gate, or a person, decided.

    Args:
        version: The version's number.
        approval: Id of the `ApproveOperator` task before this one; whoever answered it acts here.
        kwargs: See `WindvaneOperator`.
    """

    def __init__(self, *, approval: str | None = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.approval = approval

    def answered(self, work: Work, approved: bool) -> Run | None:
        """Return the run under the name and with the words of who answered so; None when nobody did."""
        found = work.context["ti"].xcom_pull(task_ids=self.approval, key="answer") if self.approval else None
        if not found or (found["version"], found["approved"]) != (number_of(self.version), approved):
            return None  # nobody was asked, or the answer is of before the run was cleared
        return work.run.model_copy(update={"actor": found["actor"], "reason": found["reason"]})


class PromoteOperator(OnVerdictOperator):
    """Make a version the champion. XCom: `version`, `epoch`.

    A version of an older window than the champion's becomes eligible beside it. When the champion moved since the gate
    looked, the version is evaluated and judged again beside the new one; a version that then fails is rejected, and
    this task skipped. What a person approved is not judged again: the task fails, and the run can be cleared from its
    gate on.

    Args:
        version: The version's number.
        expected_epoch: The champion's epoch that the gate looked at (templated).
        approval: Id of the `ApproveOperator` task before this one.
        kwargs: See `WindvaneOperator`.
    """

    template_fields: Sequence[str] = (*OnVerdictOperator.template_fields, "expected_epoch")
    operator_extra_links = (*PAGES, ChampionLink())

    def __init__(self, *, expected_epoch: Any, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.expected_epoch = expected_epoch

    def step(self, work: Work) -> dict[str, Any]:
        """Promote, by compare-and-swap."""
        from windvane import steps

        number, epoch, approver = int(self.version), int(self.expected_epoch), self.answered(work, approved=True)
        if approver:
            version = work.call(steps.approve, work.model, number, work.stores, approver, epoch)
        else:
            version = work.call(steps.settle, work.model, number, work.stores, work.run, epoch)
        if version.state == "archived":
            self.log.info("v%s of %s is eligible, late: a newer window has its champion", number, version.window)
        if version.state == "rejected":
            message = (
                f"the champion moved meanwhile; beside the new one v{number} is rejected, as `windvane show` tells"
            )
            raise skipped(self, work.context, f"{work.model.name}: {message}")
        if version.state == "evaluated":
            self.log.info("v%s takes over in stages, as `windvane show` tells", number)
            return {"version": number, "epoch": epoch}
        return _moved(self, work)


class RejectOperator(OnVerdictOperator):
    """Mark a version as rejected, with the gate's reasons, or the words of who did not approve. XCom: `version`."""

    def step(self, work: Work) -> dict[str, Any]:
        """Reject; the champion stays."""
        from windvane import steps

        person = self.answered(work, approved=False)
        reason = person.reason if person else ""
        version = steps.reject(work.model, int(self.version), work.stores, person or work.run, reason)
        self.log.info("v%s is %s. %s", version.version, version.state, reason)
        return {"version": version.version}


class VerifyTargetOperator(OnVersionOperator):
    """Show that a version's stored model is whole and can be loaded. XCom: `version`, `digest`."""

    def step(self, work: Work) -> dict[str, Any]:
        """Hash and load it."""
        from windvane import steps

        version = work.call(steps.verify_version, work.model, number_of(self.version), work.stores)
        work.reads(VERSION, version=f"v{version.version}")
        self.log.info("v%s of %s is whole: %s", version.version, version.window, version.artifact)
        return {"version": version.version, "digest": version.artifact}


class RollbackOperator(OnVersionOperator):
    """Move the champion back to a version that was champion before. XCom: `version`, `epoch`.

    Who asks is the person who started the run, and why is the `reason` of its params.
    """

    operator_extra_links = (*PAGES, ChampionLink())

    def step(self, work: Work) -> dict[str, Any]:
        """Roll back."""
        from windvane import steps

        work.call(steps.rollback, work.model, number_of(self.version), work.stores, work.run)
        return _moved(self, work)


def number_of(version: Any) -> int:
    """Return a version's number from a form or a template.

    Raises:
        IllegalMove: When it is none.
    """
    try:
        return int(version)
    except (TypeError, ValueError):
        raise IllegalMove(f"{version!r} is not a version's number", "give a whole number such as 3") from None


def _moved(operator: OnVersionOperator, work: Work) -> dict[str, Any]:
    """Say where the pointer stands now, to people and to assets."""
    promotion = work.stores.registry.champions.promotions(work.model.name, limit=1)[0]
    operator.log.info(
        "The champion is v%s, epoch %s, by %s: %s",
        promotion.version,
        promotion.epoch,
        promotion.actor,
        promotion.reason,
    )
    metrics.moved(promotion)
    work.reads(VERSION, version=f"v{promotion.version}")
    work.makes(CHAMPION, version=f"v{promotion.version}, epoch {promotion.epoch}")
    work.announce(version=promotion.version, epoch=promotion.epoch, window=promotion.window)
    operator.linked_run = work.stores.registry.versions.get(work.model.name, promotion.version).run_id
    return {"version": promotion.version, "epoch": promotion.epoch}
