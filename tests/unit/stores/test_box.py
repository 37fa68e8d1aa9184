"""The box: the same scores as outside, and whatever a model does there harms nothing but itself."""

from __future__ import annotations

import contextlib
import errno
import os
import socket
import sys
import time
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from tests.unit.stores.misbehaving import Misbehaving
from tests.unit.stores.test_models import CLASSIFIERS, REGRESSORS, rows, targets
from windvane.errors import CorruptArtifact, InvalidText, ModelMisbehaved, UntrustedModel
from windvane.stores import box
from windvane.stores.box import filtering, wire
from windvane.stores.box.boxed import Raised, _Home
from windvane.stores.models import dump_model

pytestmark = pytest.mark.filterwarnings("ignore::UserWarning")  # fits on few rows do not converge

ROWS = pd.DataFrame({"x": np.arange(5.0)})
OWN = ("tests.unit.stores.misbehaving.Misbehaving",)
QUICK = box.Limits(memory=2**30, seconds=60)
ON_LINUX = sys.platform == "linux"


def boxed(what: str, where: str = "", limits: box.Limits = QUICK) -> box.Boxed:
    return box.boxed(dump_model(Misbehaving(what, where).fit(ROWS, ROWS.x)), "skops", OWN, named="m v1", limits=limits)


@pytest.mark.parametrize("task", ["binary", "multiclass"])
@pytest.mark.parametrize("name", ["logistic", "histogram boosting", "forest", "neighbours", "svm"])
def test_the_box_gives_the_scores_that_the_quick_way_gives(name: str, task: str) -> None:
    frame = rows()
    fitted = CLASSIFIERS[name]().fit(frame, targets(frame)[task])
    there = box.boxed(dump_model(fitted), "skops")
    assert np.array_equal(there.predict_proba(frame), fitted.predict_proba(frame))
    assert list(there.classes_) == list(fitted.classes_)
    assert list(there.feature_names_in_) == list(fitted.feature_names_in_)


@pytest.mark.parametrize("name", ["log target", "gaussian process"])
def test_the_box_gives_the_predictions_that_the_quick_way_gives(name: str) -> None:
    frame = rows()
    fitted = REGRESSORS[name]().fit(frame, targets(frame)["regression"])
    assert np.array_equal(box.boxed(dump_model(fitted), "skops").predict(frame), fitted.predict(frame))


@pytest.mark.parametrize(
    ("what", "said"),
    [
        ("crash", r"m v1 crashed its process \(SIGSEGV\) while it scored"),
        ("exit", "m v1 ended its process while it scored"),
        ("grow", r"m v1 asked for more than 1,024 MiB while it scored"),
        ("grow slowly", r"m v1 asked for more than 1,024 MiB while it scored"),
        ("hang", r"m v1 did not answer within 1 seconds while it scored"),
        ("sleep", r"m v1 did not answer within 1 seconds while it scored"),
        ("shape", r"m v1 answered with (something else|scores of the shape)"),
    ],
)
def test_whatever_a_model_does_is_a_named_refusal(what: str, said: str) -> None:
    waits = 1 if what in ("hang", "sleep") else 60  # nothing but these is a matter of time
    there = boxed(what, limits=box.Limits(memory=2**30, seconds=waits))
    with pytest.raises(ModelMisbehaved, match=said):
        there.predict(ROWS)
    with pytest.raises(ModelMisbehaved):  # it is gone
        there.predict(ROWS)


def test_a_model_that_crashed_takes_no_other_one_with_it() -> None:
    other = boxed("thread")
    with pytest.raises(ModelMisbehaved):
        boxed("crash").predict(ROWS)
    assert other.predict(ROWS).tolist() == [0.0] * 5


@pytest.mark.skipif(not ON_LINUX, reason="the filter is Linux's; see docs/threats.md")
@pytest.mark.parametrize("what", ["write", "remove", "connect", "start", "fork", "signal"])
def test_a_model_reaches_nothing_beyond_its_process(what: str, tmp_path: Path) -> None:
    there = tmp_path / "kept"
    there.write_text("kept", encoding="utf-8")
    with socket.create_server(("127.0.0.1", 0)) as server:
        where = {"write": str(there), "remove": str(there), "connect": str(server.getsockname()[1])}
        answer = boxed(what, where.get(what, str(os.getpid()))).predict(ROWS)
    assert answer.tolist() == [-float(errno.EPERM)] * 5
    assert there.read_text(encoding="utf-8") == "kept"


def test_a_model_has_few_open_files_and_no_secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    assert boxed("environment", "AWS_SECRET_ACCESS_KEY").predict(ROWS)[0] < 0
    assert boxed("open many").predict(ROWS)[0] == -float(errno.EMFILE)


def test_what_the_loader_refuses_is_refused_by_the_same_name() -> None:
    with pytest.raises(UntrustedModel, match="types that are not allowed"):
        box.boxed(dump_model(Misbehaving("crash").fit(ROWS, ROWS.x)), "skops")
    with pytest.raises(CorruptArtifact):
        box.boxed(b"no archive", "skops")


def test_what_a_model_raises_has_its_own_name() -> None:
    frame = rows()
    there = box.boxed(dump_model(CLASSIFIERS["logistic"]().fit(frame, targets(frame)["binary"])), "skops")
    with pytest.raises(Raised) as found:
        there.predict_proba(frame[["income"]])
    assert type(found.value).__name__ == "ValueError"


@pytest.mark.skipif(not ON_LINUX, reason="processes are counted in /proc")
def test_no_process_is_left_behind() -> None:
    there = boxed("sleep")
    count = own_processes()
    there.close()
    for _ in range(200):
        if own_processes() == count - 2:  # the model's own process and its watcher
            break
        time.sleep(0.02)
    assert own_processes() == count - 2


def own_processes() -> int:
    """Processes of the box below this one."""
    found = 0
    for status in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            found += b"box.inside" in (status.parent / "cmdline").read_bytes() and f" {os.getsid(boxed_home())} " in (
                status.read_text(encoding="utf-8")
            )
    return found


def boxed_home() -> int:
    assert _Home.process is not None
    return _Home.process.pid


@pytest.mark.parametrize("said", ["0", "-1", "nan", "inf", "much"])
def test_limits_that_are_no_numbers_are_named(said: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WINDVANE_BOX_MEMORY", said)
    with pytest.raises(InvalidText, match="WINDVANE_BOX_MEMORY"):
        box.Limits.declared()


def test_limits_are_taken_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WINDVANE_BOX_MEMORY", "100")
    monkeypatch.setenv("WINDVANE_BOX_SECONDS", "7.5")
    assert box.Limits.declared() == box.Limits(memory=100 * 2**20, seconds=7.5)


@pytest.mark.parametrize("sent", [b"\xff" * 16, b"\x01" + b"\0" * 15 + b"{", b"\x03" + b"\0" * 15 + b"abc"])
def test_an_answer_of_another_form_is_no_answer(sent: bytes) -> None:
    here, there = socket.socketpair()
    with here, there:
        there.sendall(sent)
        with pytest.raises(ValueError, match=r"longer than any|Expecting|property name"):
            wire.receive(here, 100)


@pytest.mark.parametrize("machine", ["x86_64", "aarch64"])
def test_the_filter_is_a_program_that_the_kernel_takes(machine: str) -> None:
    program = filtering.program(machine)
    assert len(program) % 8 == 0
    assert len(program) // 8 < 4096
