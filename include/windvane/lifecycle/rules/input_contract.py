"""The rule `input_contract`: no inputs that the champion's consumers do not deliver."""

from __future__ import annotations

from typing import Literal

from windvane import results
from windvane.lifecycle.rules.case import Case, verdict
from windvane.spec.rules import Rule


class InputContract(Rule):
    """Pass when the version asks for no other inputs than the champion, whose consumers deliver what that one needs."""

    positional = ("allow",)

    kind: Literal["input_contract"] = "input_contract"
    allow: Literal["same", "fewer"] = "fewer"
    """`same`: the very columns and kinds; `fewer`: some of them may be gone."""

    def judge(self, case: Case) -> results.Verdict:
        """Compare the columns and kinds that the version and the champion ask for."""
        champion = case.champion_version
        if champion is None or champion.version == case.version.version:
            return verdict(self, "pass", "no other champion whose inputs consumers rely on")
        own, known = case.version.columns, champion.columns
        new = sorted(own.keys() - known.keys())
        gone = sorted(known.keys() - own.keys())
        other = sorted(name for name in own.keys() & known.keys() if own[name] != known[name])
        message = [f"asks for {', '.join(new)}, which champion v{champion.version} does not"] if new else []
        message += [f"reads {name} as a {own[name]}, the champion as a {known[name]}" for name in other]
        if gone and self.allow == "same":
            message.append(f"no longer reads {', '.join(gone)}")
        if message:
            more = f" (and {len(message) - 1} more)" if len(message) > 1 else ""
            return verdict(self, "fail", message[0] + more, detail="; ".join(message) if more else "")
        fewer = f", without {', '.join(gone)}" if gone else ""
        return verdict(self, "pass", f"asks for the inputs of champion v{champion.version}{fewer}")
