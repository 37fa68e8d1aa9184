"""A review of a change of code: asks both sides, and puts together what they say."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import windvane
from windvane.cli.home import Home
from windvane.cli.side import answer as side_answer
from windvane.lifecycle.review.changed import concluded, overall, touched
from windvane.results import Run
from windvane.results.ci import Described, ModelChange, PolicyPlayed, Review, Trained, Verdicts
from windvane.results.reason import fitting
from windvane.stores.checkouts import checked_out

_SECONDS = 3600
"""How long one side may take."""


class SideFailed(Exception):
    """What a side answered instead of what was asked."""


@dataclass
class _Sides:
    """Where the two sides are, and what each is asked with."""

    head: Path
    base: Path
    specs: Path
    scratch: Path
    given: dict[str, Any]
    say: Callable[[str], None]
    asked: int = field(default=0)

    def ask(self, side: Path, action: str, **more: Any) -> Any:
        """Ask a side: the head here, whose code this process has; the base in a process of its own.

        Raises:
            SideFailed: It answered with an error, or not at all.
        """
        self.asked += 1
        request = {**self.given, **more, "action": action, "specs": str(side / self.specs)}
        answer = side_answer(request) if side == self.head else self._elsewhere(side, request)
        if "error" in answer:
            raise SideFailed(f"{answer['error']}: {answer['cause']}")
        return answer["value"]

    def _elsewhere(self, side: Path, request: dict[str, Any]) -> dict[str, Any]:
        """Return the answer of a process that stands in the side's folder."""
        files = [self.scratch / f"{name}-{self.asked}.json" for name in ("request", "answer")]
        files[0].write_text(json.dumps({**request, "answer": str(files[1])}), encoding="utf-8")
        command = [sys.executable, "-m", "windvane.cli.side", str(files[0])]
        try:
            done = subprocess.run(  # noqa: S603 (this program)
                command, cwd=side, env=_environment(), capture_output=True, check=False, timeout=_SECONDS
            )
        except subprocess.TimeoutExpired:
            raise SideFailed(f"it took more than {_SECONDS} s") from None
        if not files[1].exists():
            said = done.stderr.decode(errors="replace").strip().splitlines()[-1:]
            raise SideFailed(f"its process ended with {done.returncode}: {' '.join(said)}")
        found: dict[str, Any] = json.loads(files[1].read_text(encoding="utf-8"))
        return found


def _environment() -> dict[str, str]:
    """Return this process's environment, in which the same Windvane is found from any folder."""
    own = str(Path(windvane.__file__).resolve().parents[1])
    more = os.environ.get("PYTHONPATH", "")
    return {**os.environ, "PYTHONPATH": f"{own}{os.pathsep}{more}" if more else own}


def review(home: Home, base: str, run: Run, window: str | None, names: list[str], say: Callable[[str], None]) -> Review:
    """Return what a change does to the models that it touches.

    Args:
        home: Registry, artifacts and specs.
        base: The revision to compare with.
        run: Who asks.
        window: Key of the window; None takes each model's newest one that was recorded.
        names: Models to look at; empty for all.
        say: Told what is being done.

    Raises:
        NoBase: The revision cannot be had.
    """
    project = home.specs.resolve().parent
    with checked_out(project, base) as there, tempfile.TemporaryDirectory(prefix="windvane-ci-") as folder:
        given = {
            "registry": home.registry,
            "artifacts": home.artifacts,
            "actor": run.actor,
            "as_of": run.as_of.isoformat(),
            "window": window,
        }
        sides = _Sides(project, there.folder, Path(home.specs.name), Path(folder), given, say)
        say("reading the specs of both sides")
        try:
            now = sides.ask(project, "describe")
        except SideFailed as error:
            now = {"models": [], "problems": [str(error)]}
        try:
            then = sides.ask(there.folder, "describe")
        except SideFailed:  # a base that cannot be read has no models
            then = {"models": []}
        before = {item["model"]: Described.model_validate(item) for item in then["models"]}
        heads = [Described.model_validate(item) for item in now["models"]]
        wanted = [item for item in heads if not names or item.model in names]
        libraries = _libraries(sides, wanted)
        models = tuple(_changed(sides, before.get(item.model), item, libraries.get(item.model)) for item in wanted)
        problems = tuple(now["problems"])
        conclusion = overall(models, problems)
        return Review(base=f"{base} ({there.revision[:10]})", conclusion=conclusion, models=models, problems=problems)


def _libraries(sides: _Sides, heads: list[Described]) -> dict[str, dict[str, str] | None]:
    """Return the libraries of each model's champion; nothing where no registry can be asked."""
    try:
        found: dict[str, dict[str, str] | None] = sides.ask(
            sides.head, "libraries", models=[item.model for item in heads]
        )
    except SideFailed:
        return {}
    return found


def _changed(sides: _Sides, base: Described | None, head: Described, libraries: dict[str, str] | None) -> ModelChange:
    """Return what a change does to one model; a side that fails is named."""
    began = time.monotonic()
    scratch = sides.scratch / head.model
    scratch.mkdir(exist_ok=True)
    found = touched(base, head, libraries)
    changed = (*found.training, *found.judging)
    if not found.training:
        return _untrained(sides, base, head, found.judging, scratch)
    sides.say(f"{head.model}: {', '.join(found.training[:3])}")
    asked = {"model": head.model, "scratch": str(scratch)}
    blank = ModelChange(model=head.model, conclusion="inconclusive", headline="", changed=changed)
    try:
        lent = sides.ask(sides.head, "lend", **asked)
    except SideFailed as error:
        return blank.model_copy(update={"headline": fitting(f"no recorded snapshot can be had: {error}")})
    if not lent["snapshot"]:
        return blank.model_copy(update={"headline": "no window of it was recorded yet: nothing to train on"})
    given = {**asked, **{name: lent[name] for name in ("window", "snapshot", "estimator", "name")}}
    before, note = _base(sides, base, given)
    try:
        sides.say(f"{head.model}: training the head on {lent['window']}")
        after = Verdicts.model_validate(sides.ask(sides.head, "head", **given))
    except SideFailed as error:
        return blank.model_copy(update={"conclusion": "fail", "headline": fitting(str(error)), "base": before})
    conclusion, headline = concluded(after)
    if before is not None and before.artifact == after.trained.artifact:
        conclusion, headline = "pass", "the same model to the last byte"
    known = {"window": lent["window"], "base": before, "head": after, "seconds": time.monotonic() - began}
    return blank.model_copy(
        update={**known, "conclusion": conclusion, "headline": headline, "changed": (*changed, *note)}
    )


def _base(sides: _Sides, base: Described | None, given: dict[str, Any]) -> tuple[Trained | None, tuple[str, ...]]:
    """Return the base's version; none where it is new, or cannot be trained, which is said."""
    if base is None:
        return None, ()
    try:
        sides.say(f"{base.model}: training the base on {given['window']}")
        return Trained.model_validate(sides.ask(sides.base, "base", **given)), ()
    except SideFailed as error:
        return None, (f"the base cannot be trained, so the head stands alone: {error}",)


_JUDGES = {"field gate", "field monitor"}
"""What decides which versions there would have been: rules and policy."""


def _untrained(
    sides: _Sides, base: Described | None, head: Described, judging: tuple[str, ...], scratch: Path
) -> ModelChange:
    """Return what a change comes to that makes no other version; rules and policy are played over the past."""
    if not judging:
        return ModelChange(model=head.model, conclusion="unchanged", headline="says what it said before")
    told = ModelChange(
        model=head.model, conclusion="pass", headline="no version changes, and nothing that decides", changed=judging
    )
    if base is None or not _JUDGES.intersection(judging):
        return told
    began, played, span = time.monotonic(), [], ""
    try:
        for side, folder in (("base", sides.base), ("head", sides.head)):
            sides.say(f"{head.model}: playing the {side}'s rules and monitor over the past")
            found = sides.ask(folder, "play", model=head.model, scratch=str(scratch), whose=side)
            span = found["span"]
            played += [PolicyPlayed.model_validate(found["played"])] if found["played"] else []
    except SideFailed as error:
        headline = fitting(f"no version changes; its policy cannot be played: {error}")
        return told.model_copy(update={"conclusion": "inconclusive", "headline": headline})
    if len(played) < len(("base", "head")):
        return told.model_copy(update={"headline": "no version changes; too few windows were recorded to play it on"})
    then, now = ((item.trainings, item.promotions, item.alerts) for item in played)
    same = "the same" if then == now else "other"
    headline = f"no version changes; {same} trainings, promotions and alerts over {span}"
    known = {"played": tuple(played), "span": span, "seconds": time.monotonic() - began}
    return told.model_copy(update={"headline": fitting(headline), **known})
