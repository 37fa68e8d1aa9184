"""Every error Windvane raises on purpose, in one tree.

WindvaneError
├── NotRecordable              what was found cannot be kept as a record
├── OutOfMemory                the memory is not enough
├── SpecError                  a declaration is wrong; carries every problem found
├── WouldOverwrite             a file that would be written is there already
├── NoBase                     the code to compare with cannot be had from git
├── NotAProject                a folder that is opened holds no project
├── MissingExtra               a package that an extra brings is not installed
├── UntestedAirflow            this Airflow is not one that Windvane was tested on
├── KindError                  a kind (rule, metric, check, source, …) cannot be had
│   ├── UnknownKind            no installed package brings it
│   │   └── UnknownRule        `windvane.rule` has no such name
│   ├── DuplicateKind          two packages bring one of the same name
│   └── BrokenPlugin           the package that brings it cannot be imported
├── WindowError
│   ├── InvalidWindow          a key that names no window of the model
│   ├── FutureWindow           the window has not ended yet
│   ├── MissingReport          no Evidently report is kept of the window
│   └── ImmatureOutcomes       the window has ended, its outcomes are not due yet
├── DataError
│   ├── SourceFailed           the user's source raised, or returned no frame
│   ├── EmptyWindow            no row in the window
│   ├── TooFewRows             fewer rows than the step needs
│   ├── MissingColumn          a declared column is absent
│   ├── UnexpectedColumn       a column nobody declared (this is how leaks get in)
│   ├── WrongType              a column holds another kind of value than declared
│   ├── NaiveTimestamp         event times without a time zone
│   ├── OutsideWindow          rows whose event time lies in another window
│   ├── DuplicateKey           two rows with one entity key
│   ├── InfiniteValue          inf or -inf in a number
│   ├── EmptyColumn            a feature without a single value
│   ├── MissingOutcomes        more targets unknown than the spec allows
│   ├── OneClass               the target has a single class
│   ├── InvalidTarget          a target value outside the task's domain
│   ├── HoldoutSeen            a version may have seen the rows it would be judged on
│   └── ExpectationsFailed     the declared expectations do not hold
├── DeliveryFailed             scores could not be delivered to where their consumers read
│   └── ContractBroken         the table there has other columns than the scores
├── ModelError
│   ├── TrainingFailed         the estimator raised while fitting
│   ├── SearchFailed           no trial of a search could be judged
│   ├── NotSearched            the search that the spec asks for has not chosen yet
│   ├── ScoringFailed          the estimator raised, or its scores are not finite
│   ├── UntrustedModel         a stored model asks for a type that is not allowed
│   ├── ModelMisbehaved        a stored model crashed, hung or took too much in the process that it was kept in
│   ├── VersionMismatch        a version was made by other code, or for another task, than what is there now
│   └── NotReproduced          the same inputs gave another model
├── RegistryError
│   ├── RegistryUnavailable    it cannot be opened or reached
│   │   └── OutcomeUnknown     the commit itself failed, and nobody can tell whether it counts
│   ├── RegistryLocked         another process holds it for too long
│   ├── SchemaTooNew           written by a newer Windvane
│   ├── NotAPair               registry and artifacts do not belong together
│   │   ├── RegistryLost       the registry is empty, and the artifacts are another one's
│   │   └── OtherArtifacts     the artifacts are not those that the registry refers to
│   ├── UnknownModel, UnknownVersion, UnknownSnapshot, UnknownRequest, UnknownPrediction, UnknownIncident,
│   │   UnknownRollout
│   ├── NoChampion             nothing may score this window yet
│   ├── AlreadyPublished       another version's scores of the window are published; nobody asked to replace them
│   ├── StaleChampion          the champion moved since this attempt looked
│   ├── OlderWindow            an older window's version may not replace a newer one's
│   ├── RolledBack             a person rolled this version back; automation may not undo that
│   ├── IllegalMove            the version's state does not allow this
│   ├── SamePerson             four eyes: who made a version may not let it through
│   │   └── NotToldApart       it cannot be told whether two actors are one person
│   ├── AutomationPaused       a person stopped this model's automation
│   ├── ErasedRows             what is to be recorded was made of rows that were erased
│   ├── StaleAttempt           a later attempt at the same work has begun; this one may not write
│   ├── InvalidText            a text that no database can keep
│   ├── ModelExists            a model of that name is there already
│   ├── AuditLogBroken         a recorded event is not what was written
│   ├── UnusableKey            a key that signs, or whose signatures count, cannot be used
│   ├── UnknownSigner          who signed is nobody whose signatures count, or the signature is none
│   └── Unguarded              a guard of the database is missing, disabled or altered
├── FormRefused                a page's form came from elsewhere, or is not this session's
├── WrongConnection            an Airflow connection is of a type that cannot be used for what names it
├── WrongEnvironment           a Python environment for a model's steps is not there, or lacks what they need
├── ProcessDied                the process in such an environment ended in the middle of a step
├── NotAllowed                 who looks at a page may not do this
└── ArtifactError
    ├── MissingArtifact        nothing is stored under this digest
    │   └── Erased             it was erased, on somebody's word
    ├── NotErased              what was erased is still stored
    ├── CorruptArtifact        the bytes do not match their digest
    ├── DamagedExport          a file of an exported model is not what was written, or was never one
    ├── StorageFull            no space left; nothing was written
    ├── StorageRefused         the store does not accept the credentials, or does not allow it
    └── StorageFailed          the store cannot read or write
"""

from __future__ import annotations

import os
import traceback
from collections.abc import Iterable, Sequence

from windvane.redaction import redacted


class WindvaneError(Exception):
    """What went wrong, where, and what to do about it; secrets in either text are hidden.

    Args:
        cause: One line: what happened, with the value, and where (model, window, column, rule).
        remedy: One line: what is allowed, or what to do next.
    """

    def __init__(self, cause: str, remedy: str) -> None:
        self.cause = redacted(_one_line(cause))
        self.remedy = redacted(_one_line(remedy))
        super().__init__(self.cause, self.remedy)

    @property
    def name(self) -> str:
        """The error's name, as a person would search for it."""
        return type(self).__name__

    def __str__(self) -> str:
        return f"{self.cause} ({self.remedy})" if self.remedy else self.cause

    def _render_traceback_(self) -> list[str]:
        """Return what a notebook shows in place of a traceback (IPython asks for it): the cause and the remedy."""
        if os.environ.get("WINDVANE_DEBUG"):
            return traceback.format_exception(self)
        return [f"{self.name}: {self.cause}", f"What to do: {self.remedy}"]


def _one_line(text: str) -> str:
    """Return a text as one line, its control and direction characters spelled out: it goes to terminals."""
    return "".join(one if one.isprintable() else repr(one)[1:-1] for one in " ".join(text.split()))


class SpecError(WindvaneError):
    """A declaration is wrong; `problems` lists every mistake found, one line each."""

    def __init__(self, subject: str, problems: Sequence[str]) -> None:
        self.subject = subject
        self.problems = tuple(problems)
        super().__init__(f"{subject}: {'; '.join(self.problems)}", "correct the declaration, then run `windvane check`")


class WouldOverwrite(WindvaneError):
    """A file that would be written is there already."""


class NoBase(WindvaneError):
    """The code that a change is to be compared with cannot be had: no repository of git, or no such revision."""


class NotAProject(WindvaneError):
    """A folder that is opened holds no project."""


class MissingExtra(WindvaneError):
    """A package that an extra brings is not installed."""


class UntestedAirflow(WindvaneError):
    """This Airflow is not one that Windvane was tested on."""


class KindError(WindvaneError):
    """A kind (rule, metric, check, source, …) cannot be had."""


class UnknownKind(KindError):
    """No installed package brings a kind of this name."""


class UnknownRule(UnknownKind, AttributeError):
    """`windvane.rule` has no such name, for no installed package brings such a gate rule.

    Args:
        name: The name.
        known: Those that there are.
    """

    def __init__(self, name: str, known: Iterable[str]) -> None:
        options = sorted(known)
        guess = _guess(name, options)
        cause = f"there is no gate rule {name!r}{guess} Known: {', '.join(options)}"
        super().__init__(cause, "correct the name, or install the package that brings this gate rule")

    @property
    def name(self) -> str:
        """The error's name, as a person would search for it."""
        return type(self).__name__

    @name.setter
    def name(self, attribute: str) -> None:
        """Leave the name alone: Python sets the attribute's name on an AttributeError that passes by."""


class DuplicateKind(KindError):
    """Two packages bring a kind of the same name."""


class BrokenPlugin(KindError):
    """The package that brings a kind cannot be imported."""


class WindowError(WindvaneError):
    """A window cannot be used."""


class InvalidWindow(WindowError):
    """A key that names no window of the model."""


class FutureWindow(WindowError):
    """The window has not ended yet."""


class MissingReport(WindowError):
    """No Evidently report is kept of a window.

    Args:
        model: The model.
        window: The window's key.
    """

    def __init__(self, model: str, window: str) -> None:
        cause = f"{model}: no report is kept of window {window!r:.60}"
        draw = f"windvane report {model} --window {window} --evidently report.html"
        super().__init__(cause, f"monitor the window; then draw it: `{draw}`")


class ImmatureOutcomes(WindowError):
    """The window has ended, but its outcomes are not due yet."""


class DataError(WindvaneError):
    """A window's rows cannot be used."""


class SourceFailed(DataError):
    """The user's source raised, or returned something that is not a frame."""


class EmptyWindow(DataError):
    """No row in the window."""


class TooFewRows(DataError):
    """Fewer rows than the step needs."""


class MissingColumn(DataError):
    """A declared column is absent."""


class UnexpectedColumn(DataError):
    """A column that nobody declared."""


class WrongType(DataError):
    """A column holds another kind of value than declared."""


class NaiveTimestamp(DataError):
    """Event times without a time zone."""


class OutsideWindow(DataError):
    """Rows whose event time lies in another window."""


class DuplicateKey(DataError):
    """Two rows with one entity key."""


class InfiniteValue(DataError):
    """An infinite number."""


class EmptyColumn(DataError):
    """A feature without a single value."""


class MissingOutcomes(DataError):
    """More targets are unknown than the spec allows."""


class OneClass(DataError):
    """The target has a single class."""


class InvalidTarget(DataError):
    """A target value outside the task's domain."""


class HoldoutSeen(DataError):
    """A version may have seen the rows it would be judged on."""


class ExpectationsFailed(DataError):
    """The declared expectations do not hold."""


class DeliveryFailed(WindvaneError):
    """Published scores could not be delivered to a place that their consumers read."""


class ContractBroken(DeliveryFailed):
    """The table that scores are delivered to has other columns, or columns of other types."""


class ModelError(WindvaneError):
    """An estimator, or a stored model, cannot be used."""


class TrainingFailed(ModelError):
    """The estimator raised while fitting."""


class SearchFailed(ModelError):
    """No trial of a search for parameters could be judged on all folds."""


class NotSearched(ModelError):
    """The spec asks for a search, and it has not chosen parameters for this window yet."""


class ScoringFailed(ModelError):
    """The estimator raised while scoring, or its scores are not finite."""


class UntrustedModel(ModelError):
    """A stored model asks for a type that is not on the allow-list."""


class ModelMisbehaved(ModelError):
    """A stored model crashed, hung, or asked for more than it may have, in the process that it was kept in."""


class VersionMismatch(ModelError):
    """A version was made by other code, or for another task or target, than what is there now."""


class NotRecordable(WindvaneError, ValueError):
    """What was found cannot be kept as a record: a number of it is not finite, say."""


class OutOfMemory(WindvaneError):
    """The machine has not enough memory for what was asked."""


class NotReproduced(ModelError):
    """A version made again from its own inputs came out different, or its inputs are not there any more."""


class RegistryError(WindvaneError):
    """The registry refuses, or cannot be used."""


class RegistryUnavailable(RegistryError):
    """The registry cannot be opened or reached."""


class OutcomeUnknown(RegistryUnavailable):
    """The commit itself failed, and nobody can tell whether it counts; the same again is done once."""


class RegistryLocked(RegistryError):
    """Another process holds the registry for too long."""


class NotAPair(RegistryError):
    """The registry and the artifacts do not belong together."""


class RegistryLost(NotAPair):
    """The registry is empty, and the artifacts are another one's: it was lost, or is not the right one."""


class OtherArtifacts(NotAPair):
    """The artifacts are not those that the registry refers to."""


class SchemaTooNew(RegistryError):
    """The registry was written by a newer Windvane."""


class UnknownModel(RegistryError):
    """No such model."""


class UnknownVersion(RegistryError):
    """No such version."""


class UnknownSnapshot(RegistryError):
    """No such snapshot."""


class UnknownIncident(RegistryError):
    """No such incident."""


class UnknownRequest(RegistryError):
    """No such retrain request."""


class UnknownRollout(RegistryError):
    """No such promotion in stages."""


class UnknownPrediction(RegistryError):
    """No published scores hold such a key, or the window has none."""


class NoChampion(RegistryError):
    """No version may score this window yet."""


class AlreadyPublished(RegistryError):
    """Another version's scores of the window are published, and nobody asked to replace them."""


class StaleChampion(RegistryError):
    """The champion moved since this attempt looked."""


class OlderWindow(RegistryError):
    """A version of an older window may not replace the champion of a newer one."""


class RolledBack(RegistryError):
    """A person rolled this version back; automation may not undo that."""


class IllegalMove(RegistryError):
    """The version's state does not allow this."""


class AutomationPaused(RegistryError):
    """A person stopped this model's automation."""


class ErasedRows(RegistryError):
    """What is to be recorded is, or was made of, rows that were erased."""


class StaleAttempt(RegistryError):
    """A later attempt at the same piece of work has begun; this one may not write any more."""


class InvalidText(RegistryError):
    """A text that no database can keep: it holds a NUL character, or half of a surrogate pair."""


class ModelExists(RegistryError):
    """A model of that name is there already, and is not the same."""


class SamePerson(RegistryError):
    """Four eyes: who made a version, or started the run, may not let it through."""


class NotToldApart(SamePerson):
    """Four eyes: it cannot be told whether who lets a version through is who made it."""


class AuditLogBroken(RegistryError):
    """An event of the audit log is not what was written."""


class UnusableKey(RegistryError):
    """A key that is to sign, or whose signatures are to count, is none, or of another kind."""


class UnknownSigner(RegistryError):
    """Who signed a statement or a file is nobody whose signatures count, or the signature is not theirs."""


class Unguarded(RegistryError):
    """A trigger that holds the registry's rules is missing, disabled or altered."""


class FormRefused(WindvaneError):
    """A page's form came from another site or session, or says too little."""


class WrongConnection(WindvaneError):
    """An Airflow connection is of a type, or says something, that cannot be used for what names it."""


class WrongEnvironment(WindvaneError):
    """A Python environment for a model's steps is not there, has another Windvane, or lacks a library."""


class ProcessDied(WindvaneError):
    """The process in another Python environment ended in the middle of a step: it was killed, or it crashed."""


class NotAllowed(WindvaneError):
    """Who looks at a page may not do this."""


class ArtifactError(WindvaneError):
    """The artifact store refuses, or cannot be used."""


class MissingArtifact(ArtifactError):
    """Nothing is stored under this digest."""


class Erased(MissingArtifact):
    """What was stored under this digest was erased: when, by whom and why is in the audit log."""


class NotErased(ArtifactError):
    """The audit log says that an artifact was erased, and it is still stored."""


class CorruptArtifact(ArtifactError):
    """The stored bytes do not match their digest."""


class DamagedExport(ArtifactError):
    """A file of an exported model is not what was written, or never was one."""


class StorageFull(ArtifactError):
    """No space left; nothing was written."""


class StorageRefused(ArtifactError):
    """The store does not accept the credentials, or does not allow what was asked."""


class StorageFailed(ArtifactError):
    """The store cannot read or write."""


def nearest(name: str, known: Iterable[str]) -> str:
    """Return `; did you mean 'x'? Known: …` for a name that is not known (sorted, at most twelve shown)."""
    options = sorted(known)
    shown = ", ".join(options[:12]) + (", …" if len(options) > 12 else "")
    return f"{_guess(name, options)} Known: {shown or 'none'}"


def _guess(name: str, options: Sequence[str]) -> str:
    import difflib

    same = [option for option in options if option.strip().casefold() == name.strip().casefold()]
    close = same or difflib.get_close_matches(name, options, n=1, cutoff=0.5)
    return f"; did you mean {close[0]!r}?" if close else ";"
