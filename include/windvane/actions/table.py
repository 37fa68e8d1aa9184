"""The table of actions: a row here is a verb, a page's form and a DAG's trigger form."""

from __future__ import annotations

from windvane.actions import calls, confirming, words
from windvane.actions.parameters import EARLIER, REASON, STAGED, VERSION, WINDOW
from windvane.actions.row import Action, Permission
from windvane.errors import FormRefused

_ROWS = (
    Action(
        name="promote",
        title="Promote",
        summary="Make a version the champion, in your name: one that waits for approval, or one you know to be right.",
        notes="An older window's version never replaces a newer one's; going back is `windvane rollback`.",
        parameters=(VERSION, REASON),
        permission=Permission("trigger", "train"),
        do=calls.promote,
        consequence=words.scores_from,
        links={"version": "Promote"},
        offered=lambda state: bool(
            state.version and not state.waits and state.version.state in ("evaluated", "rejected")
        ),
        confirm=(confirming.same_champion,),
    ),
    Action(
        name="rollback",
        title="Roll back",
        summary="Go back to a version that was champion before; no automatic run undoes it.",
        parameters=(EARLIER, REASON),
        permission=Permission("trigger", "rollback"),
        do=calls.rollback,
        consequence=words.goes_back,
        links={"model": "Roll back", "version": "Roll back to this version"},
        offered=lambda state: state.version is None or state.version.state == "archived",
        confirm=(confirming.same_champion,),
        dag="rollback",
        danger=True,
    ),
    Action(
        name="approve",
        title="Approve",
        summary="Answer yes to the question whether a version may become champion.",
        notes="It is refused after the deadline, and when the champion changed since the question. Under four eyes it\n"
        "is refused from who made the version or started its run.",
        parameters=(VERSION, REASON),
        permission=Permission("answer", "train"),
        do=calls.approve,
        consequence=words.scores_from,
        links={"version": "Approve", "approvals": "Approve"},
        offered=lambda state: state.waits,
        confirm=(confirming.same_champion, confirming.still_waits),
    ),
    Action(
        name="reject",
        title="Reject",
        summary="Answer no to the question whether a version may become champion; the champion stays.",
        parameters=(VERSION, REASON),
        permission=Permission("answer", "train"),
        do=calls.reject,
        consequence=words.rejected,
        links={"version": "Reject", "approvals": "Reject"},
        offered=lambda state: state.waits,
        confirm=(confirming.same_champion, confirming.still_waits),
        danger=True,
    ),
    Action(
        name="retrain",
        title="Retrain a window",
        summary="Train a version on the history up to a window, in your name; the gate decides what becomes of it.",
        notes="Here it runs in this process, as `windvane run train` does; from the pages it is a DAG run.",
        parameters=(WINDOW, REASON),
        permission=Permission("trigger", "train"),
        do=calls.retrain,
        consequence=words.always(
            "Airflow trains a version on this window now. If it passes the gate, it becomes champion."
        ),
        links={"model": "Retrain a window", "window": "Retrain on this window"},
        confirm=(confirming.same_champion,),
        dag="train",
        declared=True,
    ),
    Action(
        name="pause",
        title="Pause automation",
        summary="Stop a model's automation: until a person resumes it, it promotes nothing and requests no retrain.",
        notes="Scoring goes on, and people may still act. Of a model that is paused already, the pause that stands is "
        "shown.",
        parameters=(REASON,),
        permission=Permission("edit", "train"),
        do=calls.pause,
        consequence=words.always(
            "No schedule, backfill or monitor promotes a version or requests a retrain until a person resumes it. "
            "Scoring and monitoring go on, and people may still act."
        ),
        links={"model": "Pause automation"},
        offered=lambda state: state.pause is None,
        confirm=(confirming.still_running,),
    ),
    Action(
        name="resume",
        title="Resume automation",
        summary="Let a model's automation go on with the next run; where nobody paused it, nothing changes.",
        parameters=(REASON,),
        permission=Permission("edit", "train"),
        do=calls.resume,
        consequence=words.always("Schedules, backfills and the monitor promote and retrain again, by the rules."),
        links={"model": "Resume automation"},
        offered=lambda state: state.pause is not None,
        confirm=(confirming.still_paused,),
    ),
    Action(
        name="withdraw",
        title="Withdraw",
        summary="Take a version out of its promotion in stages: the champion scores every key again.",
        parameters=(STAGED, REASON),
        permission=Permission("trigger", "train"),
        do=calls.withdraw,
        consequence=words.withdrawn,
        links={"model": "Withdraw the promotion in stages", "version": "Withdraw from its stages"},
        offered=lambda state: (
            state.staged is not None and (state.version is None or state.version.version == state.staged)
        ),
        confirm=(confirming.same_champion,),
        danger=True,
    ),
)

ACTIONS: dict[str, Action] = {row.name: row for row in _ROWS}
"""Every action by its name, in the order of the command line's help."""


def action_of(name: str) -> Action:
    """Return the row of an action.

    Raises:
        FormRefused: There is no such action.
    """
    if name not in ACTIONS:
        raise FormRefused(f"there is no action {name!r:.40}", f"choose one of {', '.join(ACTIONS)}")
    return ACTIONS[name]
