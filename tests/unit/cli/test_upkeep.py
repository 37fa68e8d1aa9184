"""The verbs that keep a registry honest, as people and programs call them; and no secret in anything they say."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from tests.unit.cli.conftest import Command, Shop

YEAR = 365 * 86_400


def age(shop: Shop, seconds: int = YEAR) -> None:
    for file in (shop.home / "artifacts").rglob("*"):
        if file.is_file():
            then = file.stat().st_mtime - seconds
            os.utime(file, (then, then))


def other(folder: Path) -> tuple[str, ...]:
    return ("--registry", f"sqlite:///{folder / 'other.db'}", "--artifacts", str(folder / "other"))


def test_verify_without_a_name_proves_every_model(trained: Command) -> None:
    (found,) = trained("verify", "--json").json
    assert (found["model"], found["versions"], found["problems"]) == ("shop", 2, [])
    assert trained("verify").out.startswith("shop: versions 2, artifacts ")


def test_verify_says_what_it_means_and_what_to_do(shop: Shop, trained: Command) -> None:
    digest = trained("show", "shop", "1", "--json").json["digest"].removeprefix("sha256:")
    (shop.home / "artifacts" / "sha256" / digest[:2] / digest[2:]).write_bytes(b"")
    answer = trained("verify", "shop")
    assert answer.code == 1
    assert "error: CorruptArtifact: shop v1 model: " in answer.err
    assert "this version can neither score nor be gone back to" in answer.err
    assert "remedy: restore it from a backup; see the runbook corrupt-artifact" in answer.err
    (problem,) = trained("verify", "shop", "--json", "--all").json["problems"]
    assert set(problem) == {"error", "model", "cause", "means", "remedy"}


def test_sweep_only_shows_unless_it_is_told_to_remove(shop: Shop, trained: Command) -> None:
    age(shop)
    kept = shop.kept()
    shown = trained("sweep", "--json").json
    assert {(item["kind"], item["removed"], item["kept"]) for item in shown} == {("artifact", False, "")}
    assert trained("sweep", "--dry-run").out == trained("sweep").out
    assert "may go" in trained("sweep").out
    assert "`windvane sweep --yes` removes them" in trained("sweep").out
    assert shop.kept() == kept
    assert trained("sweep", "--older-than", "400d", "--yes", "--json").json[0]["removed"] is False
    removed = trained("sweep", "--yes", "--json").json
    assert [item["name"] for item in removed if item["removed"]] == [item["name"] for item in shown]
    assert trained("sweep", "--json").json == []
    assert trained("verify").code == 0


@pytest.mark.parametrize("words", [("--older-than", "soon"), ("--older-than", "59m"), ("--dry-run", "--yes")])
def test_a_sweep_that_cannot_be_meant_is_wrong_usage(trained: Command, words: tuple[str, ...]) -> None:
    assert trained("sweep", *words).code == 2


def test_a_model_moves_to_another_registry_and_back(shop: Shop, trained: Command, tmp_path: Path) -> None:
    file, there = tmp_path / "shop.tar", other(tmp_path)
    sent = trained("export", "shop", "--to", str(file), "--json").json
    assert (sent["model"], sent["known"], sent["file"]) == ("shop", False, str(file))
    got = trained(*there, "import", str(file), "--json").json
    assert {name: got[name] for name in ("rows", "artifacts", "digest")} == {
        name: sent[name] for name in ("rows", "artifacts", "digest")
    }
    assert trained(*there, "verify").code == 0
    for words in (
        ("champion", "shop"),
        ("history", "shop"),
        ("lineage", "shop", "--key", "202402-7"),
        ("versions", "shop"),
    ):
        assert trained(*there, *words, "--json").json == trained(*words, "--json").json
    assert "was there already" in trained("import", str(file)).out
    assert trained(*there, "run", "train", "shop", "--window", "2024-03").code == 0
    answer = trained(*there, "import", str(file))
    assert answer.err.startswith("error: ModelExists: shop is known with another history")
    assert trained("export", "shop", "--to", str(file)).err.startswith("error: WouldOverwrite: ")
    assert trained("export", "shopp", "--to", str(tmp_path / "x.tar")).err.startswith("error: UnknownModel: ")
    assert trained("import", str(tmp_path / "none.tar")).err.startswith("error: StorageFailed: ")
    assert not (tmp_path / "x.tar").exists()


CANARY = "canary-Sup3r+s3cret"


def test_no_secret_of_the_environment_is_ever_said_or_kept(
    shop: Shop, trained: Command, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for name in ("AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "SHOP_API_KEY"):
        monkeypatch.setenv(name, CANARY)
    monkeypatch.setenv("SHOP_SOURCE", f"mysql://reader:{CANARY}@sales.example/shop")
    said = [
        trained("--registry", f"postgresql://ada:{CANARY}@127.0.0.1:1/none", "models"),
        trained("--registry", f"postgresql:/ada:{CANARY}@nowhere", "models"),
        trained("--registry", f"oracle://ada:{CANARY}@nowhere/x", "models"),
        trained("--artifacts", f"gs://key:{CANARY}@bucket", "models"),
        trained("promote", "shop", "1", "--reason", f"as in mysql://reader:{CANARY}@sales.example/shop"),
        trained("rollback", "shop", "1", "--reason", f"password={CANARY}"),
        trained("history", "shop"),
        trained("export", "shop", "--to", str(tmp_path / "shop.tar")),
    ]
    code = shop.folder / "include" / shop.package / "rows.py"
    leaky = "import os, warnings\n\n\ndef rows(start, end):\n    where = os.environ['SHOP_SOURCE']\n"
    code.write_text(leaky + "    warnings.warn(where)\n    raise OSError(f'cannot reach {where}: ' + 'x' * 9_999)\n")
    said.append(shop.process("run", "train", "shop", "--window", "2024-03").communicate(timeout=120))  # type: ignore[arg-type]  # texts
    monkeypatch.setenv("WINDVANE_DEBUG", "1")
    said.append(shop.process("run", "train", "shop", "--window", "2024-03", "--json").communicate(timeout=120))  # type: ignore[arg-type]  # texts
    assert "cannot reach mysql://reader:***@sales.example/shop" in str(said[-2])
    assert "Traceback" in str(said[-1])
    assert CANARY not in str(said)
    assert len(str(said[-2])) < 10_000
    kept = [file.read_bytes() for file in [*shop.home.rglob("*"), tmp_path / "shop.tar"] if file.is_file()]
    assert not any(CANARY.encode() in data for data in kept)


def test_a_checkpoint_is_written_and_a_registry_held_against_it(
    trained: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    key, public, place = tmp_path / "own.key", tmp_path / "own.pem", tmp_path / "place"
    for name in ("WINDVANE_SIGNING_KEY", "WINDVANE_TRUSTED_KEYS", "WINDVANE_CHECKPOINTS"):
        monkeypatch.delenv(name, raising=False)
    assert "UnusableKey" in trained("checkpoint", "shop", "--to", str(place)).err
    subprocess.run(["openssl", "genpkey", "-algorithm", "ed25519", "-out", str(key)], check=True)
    subprocess.run(["openssl", "pkey", "-in", str(key), "-pubout", "-out", str(public)], check=True)
    assert trained("checkpoint", "--key", str(key)).code == 2  # no place
    found = trained("checkpoint", "shop", "--to", str(place), "--key", str(key), "--json").json
    assert found["places"] == [str(place)]
    assert found["checkpoint"]["seq"] == trained("history", "shop", "--json").json[0]["seq"]
    assert "UnusableKey" in trained("verify", "--against", str(place)).err
    assert trained("verify", "--against", str(place), "--trust", str(public)).code == 0
    (statement,) = (place / "shop").iterdir()
    statement.write_text(statement.read_text().replace('"seq":', '"seq":1'))
    answer = trained("verify", "--all", "--against", str(place), "--trust", str(public))
    assert answer.code == 1
    assert "UnknownSigner" in answer.err
    monkeypatch.setenv("WINDVANE_SIGNING_KEY", str(key))
    monkeypatch.setenv("WINDVANE_CHECKPOINTS", f"{tmp_path / 'one'} {tmp_path / 'two'}")
    assert len(trained("checkpoint", "shop", "--json").json["places"]) == 2
    assert trained("verify", "--against", str(tmp_path / "two")).code == 0
    exported = trained("export", "shop", "--to", str(tmp_path / "shop.tar"), "--json").json
    assert exported["signer"] == found["checkpoint"]["signer"]
    assert (tmp_path / "shop.tar.sig").is_file()


def test_erase_only_shows_unless_it_is_told_to_erase(shop: Shop, trained: Command, tmp_path: Path) -> None:
    rows = trained("scores", "shop", "--window", "2024-02", "--to", "-").out.splitlines()
    key = rows[1].split(",")[0]
    asked = tmp_path / "asked.txt"
    asked.write_text(f"{key}\n\n")
    kept = shop.kept()
    shown = trained("erase", "shop", "--keys", str(asked))
    assert (shown.code, shop.kept()) == (0, kept)
    assert "would go; `--yes` erases them" in shown.out
    refused = trained("erase", "shop", "--keys", str(asked), "--yes")
    assert (refused.code, "no reason says why" in refused.err) == (1, True)
    done = trained("erase", "shop", "--keys", str(asked), "--yes", "--reason", "they asked")
    assert done.code == 0
    assert "erased" in done.out
    proved = trained("verify", "shop")
    assert (proved.code, "they asked" in proved.out, key in proved.out) == (0, True, False)
    assert trained("erase", "shop", "--key", key, "--dry-run", "--yes").code == 2
    assert trained("erase", "shop", "--keys", str(tmp_path / "none.txt")).code == 2
