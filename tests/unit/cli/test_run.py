"""`windvane run`: the chains in one process, for people and for programs."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys

import pytest

from tests.unit.cli.conftest import ROOT, Command, Shop, done
from windvane.cli import main


def test_a_source_reads_what_was_known_at_the_moment_of_the_run(windvane: Command, shop: Shop) -> None:
    file = shop.folder / "include" / shop.package / "rows.py"
    known = (
        "def rows(start, end, as_of):\n"
        "    found = everything(start, end)\n"
        "    return found.assign(bought=found['bought'].where(found['at'] < as_of - pd.Timedelta(days=13)))\n"
    )
    text = file.read_text(encoding="utf-8").replace("def rows(", "def everything(")
    file.write_text(f"{text}\n\n{known}", encoding="utf-8")
    spec = shop.folder / "dags" / "shop.py"
    told = spec.read_text(encoding="utf-8").replace('rows:rows")', 'rows:rows", as_of=True)')
    spec.write_text(told, encoding="utf-8")
    early = windvane("run", "train", "shop", "--window", "2024-01", "--as-of", "2024-02-02T00:00Z", "--json")
    assert early.code == 1
    assert early.json["error"] == "MissingOutcomes"
    assert windvane("run", "train", "shop", "--window", "2024-01", "--as-of", "2024-02-20T00:00Z", "--json").code == 0


def test_a_trained_version_is_told_with_its_decision(windvane: Command) -> None:
    answer = windvane("run", "train", "shop", "--window", "2024-01", "--reason", "first")
    assert (answer.code, answer.err) == (0, "")
    facts, _, reasons = answer.out.partition("\n\n")
    message = dict(row.split(maxsplit=1) for row in facts.splitlines())
    assert (message["model"], message["window"], message["version"], message["decision"]) == (
        "shop",
        "2024-01",
        "1",
        "promote",
    )
    assert (message["champion"], message["epoch"]) == ("1", "1")
    assert message["digest"].startswith("sha256:")
    assert "log_loss better than the baseline: pass" in reasons
    assert sum("log_loss difference" in row for row in reasons.splitlines()) == 1


def test_running_it_again_gives_the_same_version_and_digests(shop: Shop, windvane: Command) -> None:
    first = windvane("run", "train", "shop", "--window", "2024-02", "--json").json
    before = shop.tables()
    again = windvane("run", "train", "shop", "--window", "2024-02", "--json")
    assert again.json == first
    assert again.json["version"] == 1
    assert shop.tables()["versions"] == before["versions"]
    assert set(first) >= {"model", "window", "version", "digest", "decision", "reasons", "champion", "epoch"}


def test_two_folders_and_two_homes_give_the_same_model_digest(shop: Shop, windvane: Command) -> None:
    first = windvane("run", "train", "shop", "--window", "2024-01", "--json").json
    moved = shop.folder.rename(shop.folder.with_name("elsewhere"))
    other = Shop(moved, shop.home.with_name("second_home"), shop.package)
    second = done(other.process("run", "train", "shop", "--window", "2024-01", "--json"))
    assert second.err == ""
    assert second.json["digest"] == first["digest"]


def test_scores_are_published_with_their_digest(shop: Shop, windvane: Command) -> None:
    windvane("run", "train", "shop", "--window", "2024-01")
    scored = windvane("run", "score", "shop", "--window", "2024-02", "--json").json
    assert (scored["model"], scored["window"], scored["version"], scored["rows"]) == ("shop", "2024-02", 1, 400)
    name = scored["digest"].removeprefix("sha256:")
    assert (shop.home / "artifacts" / "sha256" / name[:2] / name[2:]).is_file()
    answer = windvane("run", "score", "shop", "--window", "2024-02")
    assert scored["digest"] in answer.out
    assert len(shop.tables()["scores"]) == 1


def test_a_monitored_window_is_told_with_decision_and_reasons(windvane: Command) -> None:
    windvane("run", "train", "shop", "--window", "2024-01")
    windvane("run", "score", "shop", "--window", "2024-02")
    found = windvane("run", "monitor", "shop", "--window", "2024-02", "--json").json
    assert (found["model"], found["window"], found["version"], found["champion"], found["epoch"]) == (
        "shop",
        "2024-02",
        1,
        1,
        1,
    )
    assert found["decision"] == "hold"
    assert found["headline"] == f"{found['reasons'][0]['headline']}: hold"
    out = windvane("run", "monitor", "shop", "--window", "2024-02").out
    assert out.splitlines()[2].split()[1] == "hold"
    for number in found["reasons"][0]["numbers"]:
        assert [line.split("  ")[1].strip() for line in out.splitlines() if "  " in line].count(number["name"]) == 1


def test_a_retrain_that_is_asked_for_is_run_unless_told_otherwise(shop: Shop, windvane: Command) -> None:
    windvane("run", "train", "shop", "--window", "2024-01")
    rows = shop.fill("2024-02")
    shop.fill("2024-02", rows.assign(bought=1 - rows["bought"]))
    windvane("run", "score", "shop", "--window", "2024-02")
    found = windvane("run", "monitor", "shop", "--window", "2024-02", "--no-retrain", "--json").json
    assert found["decision"] == "retrain"
    assert len(windvane("versions", "shop", "--json").json) == 1
    found = windvane("run", "monitor", "shop", "--window", "2024-02", "--json").json
    assert found["decision"] == "retrain"
    versions = windvane("versions", "shop", "--json").json
    assert [item["window"] for item in versions] == ["2024-02", "2024-01"]
    assert versions[0]["actor"] == "monitor"


def test_a_version_that_needs_approval_tells_what_to_do(shop: Shop, windvane: Command) -> None:
    shop.declare(gate='approval="always"')
    answer = windvane("run", "train", "shop", "--window", "2024-01")
    assert answer.code == 0
    assert "needs_approval" in answer.out
    assert "windvane approve shop 1 --reason" in answer.out
    assert windvane("champion", "shop").code == 1
    assert windvane("promote", "shop", "1", "--reason", "looked at it").code == 0
    assert windvane("champion", "shop", "--json").json["champion"] == 1


def test_what_specs_and_sources_print_stays_off_stdout(shop: Shop) -> None:
    code = shop.folder / "include" / shop.package / "rows.py"
    noisy = "import subprocess, warnings\nprint('spec')\n" + code.read_text(encoding="utf-8").replace(
        "    file =",
        "    print('noise')\n    subprocess.run(['echo', 'more'])\n    warnings.warn('odd rows')\n    file =",
    )
    code.write_text(noisy, encoding="utf-8")
    answer = done(shop.process("run", "train", "shop", "--window", "2024-01", "--json"))
    assert answer.json["version"] == 1
    assert {"spec", "noise", "more", "warning: UserWarning: odd rows"} <= set(answer.err.splitlines())


def test_a_pipe_sees_no_progress(shop: Shop) -> None:
    answer = done(shop.process("run", "train", "shop", "--window", "2024-01"))
    assert answer.err == ""
    assert "\x1b" not in answer.out
    assert "\r" not in answer.out


def test_somebody_who_watches_sees_what_is_being_done(shop: Shop) -> None:
    ours, theirs = os.openpty()
    command = [sys.executable, "-m", "windvane.cli", *shop.arguments("run", "train", "shop", "--window", "2024-01")]
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "include"), "TERM": "xterm"}
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=theirs) as process:
        os.close(theirs)
        seen = b""
        with contextlib.suppress(OSError):  # how a pseudo-terminal says that it was closed
            while chunk := os.read(ours, 4_096):
                seen += chunk
        assert process.stdout is not None
        out = process.stdout.read()
    os.close(ours)
    assert process.returncode == 0
    assert b"taking the snapshot of 2024-01" in seen
    assert b"champion" in out
    assert b"\x1b" not in out


def test_the_run_stands_at_the_moment_it_is_given(windvane: Command) -> None:
    moments = ("2024-02-01T01:00+01:00", "2024-02-01T00:00Z")
    for moment in moments:
        assert windvane("run", "train", "shop", "--window", "2024-01", "--as-of", moment).code == 0
    assert windvane("run", "train", "shop", "--window", "2024-01", "--as-of", "2024-01-31T23:59Z").code == 1


@pytest.mark.parametrize("place", ["before", "after"])
def test_shared_options_stand_before_the_verb_or_after_it(shop: Shop, windvane: Command, place: str) -> None:
    url = f"sqlite:///{shop.home / 'other.db'}"
    shared = ["--registry", url, "--artifacts", str(shop.home / "other"), "--json"]
    words = ["run", "train", "shop", "--window", "2024-01"]
    answer = windvane(*([*shared, *words] if place == "before" else [*words, *shared]))
    assert answer.json["version"] == 1
    assert (shop.home / "other.db").is_file()
    assert (shop.home / "other" / "sha256").is_dir()
    assert not (shop.home / "registry.db").exists()


def test_the_folder_of_specs_can_be_set_once(shop: Shop, windvane: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WINDVANE_SPECS", str(shop.folder / "dags"))
    monkeypatch.chdir(shop.folder.parent)
    assert main(["run", "train", "shop", "--window", "2024-01"]) == 0
    assert main(["check"]) == 0
    assert main(["check", "nowhere"]) == 1
