"""The Astro project and docker-compose.yaml agree with the code, each other, and what Airflow knows."""

from __future__ import annotations

import importlib.resources
import json
import os
import re
import subprocess
import sys
import tomllib
from datetime import timedelta
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import sqlalchemy as sa
import yaml
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet

from tests.servers.postgres import USER, PostgresServer
from windvane.cli.commanding import COMMANDS

ROOT = Path(__file__).resolve().parents[2]
COMPOSE_TEXT = (ROOT / "docker-compose.yaml").read_text(encoding="utf-8")
COMPOSE: dict[str, Any] = yaml.safe_load(COMPOSE_TEXT)
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
AIRFLOW = {name: service for name, service in SERVICES.items() if name.startswith("airflow-")}
WORKER = AIRFLOW["airflow-worker"]
BUILD: str = WORKER["build"]["dockerfile_inline"]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
CODE = "\n".join(path.read_text(encoding="utf-8") for path in (ROOT / "include" / "windvane").rglob("*.py"))
CONSTRAINTS = (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()


def pinned(name: str) -> str:
    return next(line.split("==")[1] for line in CONSTRAINTS if line.startswith(f"{name}=="))


def assigned(text: str) -> dict[str, str]:
    """The assignments of an env file."""
    lines = (line.partition("=") for line in text.splitlines() if line and not line.startswith("#"))
    return {name: value for name, _, value in lines}


@pytest.fixture(scope="module")
def airflow_knows(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What the installed Airflow has of what compose names, asked in a home of its own."""
    manager = WORKER["environment"]["AIRFLOW__CORE__AUTH_MANAGER"]
    application = re.findall(r"--app (\S+) ", WORKER["healthcheck"]["test"][1])[0]
    question = f"""
import importlib, json, sys
from airflow.cli.cli_parser import airflow_commands
from airflow.configuration import conf

def has(path):
    module, _, name = path.rpartition(".")
    return hasattr(importlib.import_module(module), name)

settings = {{section: sorted(options) for section, options in conf.as_dict(display_source=False).items()}}
for section, about in conf.configuration_description.items():
    settings[section] = sorted({{*settings.get(section, ()), *about["options"]}})
answer = {{
    "verbs": [command.name for command in airflow_commands],
    "settings": settings,
    "classes": {{path: has(path) for path in ({manager!r}, {application!r})}},
}}
print("answer:", json.dumps(answer))
"""
    home = {**os.environ, "AIRFLOW_HOME": str(tmp_path_factory.mktemp("airflow"))}
    requested = subprocess.run([sys.executable, "-c", question], env=home, capture_output=True, text=True, check=False)
    assert requested.returncode == 0, requested.stderr[-3000:]
    line = next(line for line in requested.stdout.splitlines() if line.startswith("answer:"))
    answer: dict[str, Any] = json.loads(line.removeprefix("answer:"))
    return answer


def test_compose_is_valid_against_the_published_schema() -> None:
    vendored = importlib.resources.files("check_jsonschema") / "builtin_schemas" / "vendor" / "compose-spec.json"
    schema = json.loads(vendored.read_text(encoding="utf-8"))
    jsonschema.validate(COMPOSE, schema)
    broken = {**COMPOSE, "services": {**SERVICES, "redis": {**SERVICES["redis"], "imagge": "redis"}}}
    with pytest.raises(jsonschema.ValidationError, match="imagge"):
        jsonschema.validate(broken, schema)


def test_compose_starts_every_part_of_airflow_with_verbs_it_knows(airflow_knows: dict[str, Any]) -> None:
    parts = {"api-server", "scheduler", "dag-processor", "triggerer", "celery worker", "version"}
    assert {service["command"] for service in AIRFLOW.values()} == parts
    assert SERVICES["windvane-init"]["entrypoint"] == ["windvane"]
    assert SERVICES["windvane-init"]["command"] == "init-registry"
    assert "init-registry" in COMMANDS
    assert {command.split()[0] for command in parts} <= set(airflow_knows["verbs"])


def test_images_are_pinned_and_of_the_airflow_that_is_tested() -> None:
    airflow, python = re.findall(r"^FROM apache/airflow:slim-([\d.]+)-python([\d.]+)$", BUILD, re.MULTILINE)[0]
    assert airflow == pinned("apache-airflow") == pinned("apache-airflow-core")
    assert f"{python}.0" in SpecifierSet(PROJECT["requires-python"])
    assert {service["image"] for service in AIRFLOW.values()} == {f"windvane-airflow:{PROJECT['version']}"}
    for name, service in SERVICES.items():
        assert re.fullmatch(r"[a-z/-]+:\d+(\.\d+)+(-[a-z]+)?", service["image"]), f"{name} is not pinned"


def test_the_astro_image_runs_the_airflow_and_a_python_that_are_supported() -> None:
    lines = (ROOT / "Dockerfile").read_text(encoding="utf-8").splitlines()
    base = next(line for line in lines if line.startswith("FROM "))
    found = re.fullmatch(r"FROM astrocrpublic\.azurecr\.io/runtime:(\d+\.\d+)-\d+-python-(\d+\.\d+)", base)
    assert found, base
    series, python = found.groups()
    assert pinned("apache-airflow").startswith(f"{series}.")
    assert f"{python}.0" in SpecifierSet(PROJECT["requires-python"])
    assert "ENV PYTHONPATH=/usr/local/airflow/include" in "\n".join(lines)


def test_the_image_of_compose_is_made_from_what_is_there() -> None:
    ignored = (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()
    for line in re.findall(r"^COPY --chown=airflow:root (.+)$", BUILD, re.MULTILINE):
        *sources, target = line.split()
        assert target.startswith("/opt/airflow")
        assert [source for source in sources if not (ROOT / source).exists() or source in ignored] == []
    wanted = Requirement("windvane" + re.findall(r'"\.(\[[a-z,]+\])"', BUILD)[0])
    assert wanted.extras == {"celery", "postgres", "fab", "examples"} <= set(PROJECT["optional-dependencies"])


def test_what_compose_mounts_is_there() -> None:
    binds = [mount for service in SERVICES.values() for mount in service.get("volumes", ())]
    sources = {mount.split(":")[0] for mount in binds}
    for source in sources:
        if source.startswith("."):
            assert (ROOT / source).exists(), f"{source} is mounted and not there"
        else:
            assert source in COMPOSE["volumes"]
    assert {"./dags", "./include", "./plugins"} <= sources
    assert (ROOT / "plugins" / "windvane_plugin.py").is_file()
    assert WORKER["environment"]["PYTHONPATH"] == "/opt/airflow/include"


def test_every_setting_of_compose_is_one_that_airflow_knows(airflow_knows: dict[str, Any]) -> None:
    names = {name for service in AIRFLOW.values() for name in service["environment"]}
    for name in names:
        if name.startswith("AIRFLOW__"):
            _, section, option = name.lower().split("__")
            assert option in airflow_knows["settings"].get(section, ()), f"Airflow has no setting {name}"


def test_every_class_that_compose_names_is_installed(airflow_knows: dict[str, Any]) -> None:
    assert set(airflow_knows["classes"].values()) == {True}, airflow_knows["classes"]


def test_every_variable_of_windvane_is_one_that_the_code_reads() -> None:
    docker = (ROOT / "Dockerfile").read_text(encoding="utf-8")
    named = set(re.findall(r"\bWINDVANE_[A-Z]+\b", docker)) | {
        name for service in AIRFLOW.values() for name in service["environment"] if name.startswith("WINDVANE_")
    }
    assert named == {"WINDVANE_HOME", "WINDVANE_REGISTRY", "WINDVANE_ARTIFACTS"}
    assert [name for name in named if name not in CODE] == []
    for connection in re.findall(r"\bwindvane_[a-z]+\b", f"{docker}\n{COMPOSE_TEXT}"):
        assert connection in CODE, f"no code reads the connection {connection}"


def test_no_password_stands_in_compose_and_none_is_missing_from_the_example() -> None:
    example = assigned((ROOT / ".env.example").read_text(encoding="utf-8"))
    used = set(re.findall(r"\$\{([A-Z_0-9]+)", COMPOSE_TEXT.replace("$${", "")))
    assert used == set(example)
    demanded = set(re.findall(r"\$\{([A-Z_0-9]+):\?", COMPOSE_TEXT))
    assert demanded == {name for name, value in example.items() if not value}
    for name, service in SERVICES.items():
        for variable, value in (service.get("environment") or {}).items():
            if re.search("PASSWORD|SECRET|KEY|AUTH$", variable):
                assert str(value).startswith("${"), f"{name} has a {variable} of its own"


def test_only_the_ui_listens_and_only_to_this_machine() -> None:
    ports = {name: service["ports"] for name, service in SERVICES.items() if "ports" in service}
    assert set(ports) == {"airflow-apiserver"}
    assert all(port.startswith("127.0.0.1:") for port in ports["airflow-apiserver"])
    listens = (ROOT / ".gitignore").read_text(encoding="utf-8").splitlines()
    assert ".env" in listens


def test_every_service_that_stays_is_watched() -> None:
    staying = {name: service for name, service in SERVICES.items() if name not in ("airflow-init", "windvane-init")}
    assert [name for name, service in staying.items() if "healthcheck" not in service] == []
    waited = {name for service in SERVICES.values() for name in service.get("depends_on", ())}
    assert waited == {"airflow-apiserver", "airflow-init", "windvane-init", "postgres", "redis", "s3"}


def test_astro_dev_parse_passes(tmp_path: Path) -> None:
    """As the Astro CLI runs it: pytest on that one file, with its own settings, Airflow's home elsewhere."""
    home = {**os.environ, "AIRFLOW_HOME": str(tmp_path), "PYTHONPATH": str(ROOT / "include")}
    command = [
        sys.executable,
        "-m",
        "pytest",
        ".astro/test_dag_integrity_default.py",
        "-p",
        "no:cacheprovider",
    ]
    done = subprocess.run(command, cwd=ROOT, env=home, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-3000:]
    assert "1 passed" in done.stdout


def test_compose_keeps_artifacts_where_the_code_looks_for_them(monkeypatch: pytest.MonkeyPatch) -> None:
    """The settings of a worker, with made-up keys, open the bucket that the S3 service makes, at its endpoint."""
    from windvane.stores import open_artifacts
    from windvane.stores.s3_client import S3Settings, _connected

    given = {name: value for name, value in WORKER["environment"].items() if name.startswith(("AWS_", "WINDVANE_A"))}
    for name, value in given.items():
        monkeypatch.setenv(name, "made-up" if value.startswith("${") else value)
    bucket = re.findall(r"-bucket=(\w+)", SERVICES["s3"]["command"])[0]
    assert open_artifacts(given["WINDVANE_ARTIFACTS"]).url == f"s3://{bucket}/artifacts"
    client = _connected(S3Settings())
    assert client.meta.endpoint_url == "http://s3:8333"
    url = client.generate_presigned_url("get_object", Params={"Bucket": bucket, "Key": "key"})
    assert url.startswith(f"http://s3:8333/{bucket}/key?"), "no name such as windvane.s3 is ever looked up"
    client.close()
    assert "-master.telemetry=false" in SERVICES["s3"]["command"]


def test_a_worker_that_is_told_to_stop_may_finish_its_longest_task() -> None:
    from windvane.orchestration.factory import _LASTING

    hours, minutes = map(int, re.fullmatch(r"(\d+)h(\d+)m", WORKER["stop_grace_period"]).groups())  # type: ignore[union-attr]  # else this fails, as it should
    assert timedelta(hours=hours, minutes=minutes) > max(_LASTING.values())
    assert WORKER["environment"]["DUMB_INIT_SETSID"] == "0"


def test_no_service_can_take_all_memory_or_fill_the_disk_with_logs_and_what_is_kept_has_a_volume() -> None:
    for name, service in SERVICES.items():
        assert service["mem_limit"], name
        assert set(service["logging"]["options"]) == {"max-size", "max-file"}, name
    for name in ("postgres", "redis", "s3"):
        assert any(mount.startswith(f"{name}-data:") for mount in SERVICES[name]["volumes"])


def test_checks_that_start_a_python_are_rare() -> None:
    for name, service in SERVICES.items():
        check = service.get("healthcheck", {"test": [""], "interval": "1m"})
        if check["test"][-1].startswith(("airflow ", "celery ")):
            assert check["interval"].endswith("m"), name


def test_only_who_uses_the_stores_has_their_keys() -> None:
    holders = {
        name
        for name, service in SERVICES.items()
        if {"WINDVANE_REGISTRY", "AWS_SECRET_ACCESS_KEY"} & set(service.get("environment") or ())
    }
    assert holders == {"airflow-apiserver", "airflow-worker", "windvane-init", "s3"}
    for name, service in SERVICES.items():
        has = "POSTGRES_PASSWORD" in str(service.get("environment"))
        assert has == (name == "postgres"), f"the superuser's password in {name}"


def test_each_role_owns_one_database_and_cannot_open_the_other() -> None:
    text = (ROOT / "scripts" / "create-databases.sh").read_text(encoding="utf-8")
    (body,) = re.findall(r"<<'SQL'\n(.*?)\nSQL\n", text, re.DOTALL)
    with PostgresServer() as server:
        server.execute(f"DROP ROLE {USER}")  # the test's own, of the same name
        for statement in body.replace(":'airflow'", "'one''word'").replace(":'windvane'", "'another'").split(";"):
            if statement.strip():
                server.execute(statement)
        for role, password in (("airflow", "one'word"), ("windvane", "another")):
            url = sa.URL.create("postgresql+psycopg2", role, password, "127.0.0.1", server.port)
            for database in ("airflow", "windvane"):
                engine = sa.create_engine(url.set(database=database), poolclass=sa.NullPool)
                if database != role:
                    with pytest.raises(sa.exc.OperationalError, match="permission denied"):
                        engine.connect()
                    continue
                with engine.begin() as connection:
                    connection.exec_driver_sql("CREATE TABLE own (x int)")
                    rights = "rolsuper OR rolcreaterole OR rolcreatedb"
                    query = f"SELECT {rights} FROM pg_roles WHERE rolname = current_user"  # noqa: S608 (a constant)
                    assert connection.exec_driver_sql(query).scalar() is False
