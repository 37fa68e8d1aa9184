"""Secrets planted in connections and the environment: nothing that is said, shown or kept holds one of them."""

from __future__ import annotations

import json
import os
import sys
import traceback
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from html.parser import HTMLParser
from pathlib import Path
from random import Random
from urllib.parse import quote

import sqlalchemy as sa

from tests.servers.postgres import PASSWORD, PostgresServer
from tests.servers.s3 import S3Server
from tests.torture.children import Child
from tests.torture.lending import rows
from tests.torture.outcome import Outcome, tried
from windvane.cli import main
from windvane.stores import open_stores

FAULT = "secrets planted in connections and the environment; what is done right and what fails"
MUST_HOLD = "in no output, log, traceback, event, artifact or page"
_MODEL = "secretive"
_DAG = f'''"""airflow dag"""
from tests.torture.lending import spec
from windvane import Source
from windvane.orchestration import build_airflow_dags
build_airflow_dags(spec("{_MODEL}", source=Source.callable("tests.torture.secrets:rows_or_secrets")))
'''


def rows_or_secrets(start: object, end: object) -> object:
    """A user's source; told to, it raises an error that says its own password, as drivers of databases do."""
    if os.environ.get("CANARY_SOURCE_PASSWORD_TOLD"):
        raise RuntimeError(f"login failed for user etl with {os.environ['CANARY_SOURCE_PASSWORD']}")
    return rows(start, end)  # type: ignore[arg-type]  # moments, as the protocol of sources has it


@dataclass(frozen=True)
class _Case:
    """One situation: what is done, and the environment around it."""

    message: str
    command: tuple[str, ...] = ()
    environment: Mapping[str, str] | None = None
    work: Callable[[], None] | None = None
    fails: bool = True


def run(trials: Sequence[int], seed: int, postgres: PostgresServer, s3: S3Server, folder: Path) -> Outcome:
    """Do each thing, and look for the secrets in all that comes of it.

    Args:
        trials: Numbers of the situations; they begin again after the last, with other secrets.
        seed: Of the secrets.
        postgres: The server of the registry.
        s3: The server of the artifacts.
        folder: Where everything else is kept.
    """
    specs = folder / "dags"
    specs.mkdir()
    (specs / "secretive.py").write_text(_DAG, encoding="utf-8")
    registry, artifacts = postgres.database(), f"s3://{s3.bucket}/secrets"

    def attempt(trial: int, random: Random, counts: Counter[str]) -> Iterator[str]:
        canaries = _Canaries(random)
        cases = list(_cases(canaries, registry, artifacts, specs, s3))
        case = cases[trial % len(cases)]
        output = folder / "output"
        environment = {**s3.environment, **canaries.environment, "WINDVANE_REGISTRY": registry}
        environment |= {"WINDVANE_ARTIFACTS": artifacts, **(case.environment or {})}
        reply = Child(partial(_said, case, environment, output)).reply()
        said = output.read_text(encoding="utf-8", errors="replace")
        counts[f"exit {reply.value}"] += 1
        if reply.value != int(case.fails) or not said.strip():
            yield f"{case.message}: it ended with {reply.value}, {reply.text}: {said[-1000:]}"
        secrets = [*canaries.all, PASSWORD, quote(PASSWORD, safe=""), s3.secret_key]
        kept = dict(_kept(registry, artifacts, folder)) if trial in (trials[-1], 0) else {}
        for where, text in {"output": said, **kept}.items():
            for secret in secrets:
                if secret in text:
                    at = text.index(secret)
                    yield f"{case.message}: in {where}: …{text[max(0, at - 200) : at + 60]}…"

    return tried(FAULT, MUST_HOLD, trials, seed, attempt)


class _Canaries:
    """Secrets of one trial, and the environment that holds them."""

    def __init__(self, random: Random) -> None:
        def canary(kind: str) -> str:
            return f"canary-{kind}/{random.getrandbits(64):016x}+="

        self.url, self.s3, self.token = canary("url"), canary("s3"), canary("token")
        self.connection, self.source, self.other = canary("connection"), canary("source"), canary("other")
        raw = [self.url, self.s3, self.token, self.connection, self.source, self.other]
        self.all = [form for secret in raw for form in (secret, quote(secret, safe=""), json.dumps(secret)[1:-1])]
        self.environment = {
            "CANARY_SOURCE_PASSWORD": self.source,
            "MY_API_TOKEN": self.other,
            "AIRFLOW_CONN_BILLING": f"postgresql://etl:{quote(self.connection, safe='')}@db.invalid:5432/billing",
        }


def _cases(canaries: _Canaries, registry: str, artifacts: str, specs: Path, s3: S3Server) -> Iterator[_Case]:
    """Yield every situation, the ones that work first."""
    declared = ("--specs", str(specs))
    for verb, number in (("train", 1), ("score", 2), ("monitor", 2)):
        yield _Case(f"run {verb}", ("run", verb, _MODEL, "--window", f"2020-01-{number:02}", *declared), fails=False)
    for verb in ("models", "show", "history", "champion", "verify"):
        yield _Case(verb, (verb, *([] if verb == "models" else [_MODEL]), "--json"), fails=False)
    yield _Case("pages", work=_pages, fails=False)
    bad, here = quote(canaries.url, safe=""), registry.rpartition("@")[2]
    urls = {
        "a wrong password": f"postgresql://windvane:{bad}@{here}",
        "a host that is not there": f"postgresql://windvane:{bad}@127.0.0.1:9/x",
        "a database that is not there": f"{registry}_of_nobody",
        "a port that is no number": f"postgresql://windvane:{bad}@127.0.0.1:{bad}/x",
        "no slashes": f"postgresql:windvane:{canaries.url}@127.0.0.1/x",
        "another kind of database": f"mysql://root:{bad}@127.0.0.1/x",
        "a password in the query": f"postgresql://127.0.0.1:9/x?user=a&password={bad}",
        "a password unquoted": f"postgresql://windvane:{canaries.url}@{here}",
    }
    for message, url in urls.items():
        yield _Case(f"a registry with {message}", ("show", _MODEL), {"WINDVANE_REGISTRY": url})
        yield _Case(f"a registry with {message}, as an option", ("show", _MODEL, "--json", "--registry", url))
    train = ("run", "train", _MODEL, "--window", "2020-01-03", *declared)
    yield _Case("a wrong key of S3", train, {"AWS_SECRET_ACCESS_KEY": canaries.s3})
    yield _Case("a token of S3", train, {"AWS_SESSION_TOKEN": canaries.token, "AWS_SECRET_ACCESS_KEY": canaries.s3})
    yield _Case("credentials in the endpoint", train, {"AWS_ENDPOINT_URL_S3": f"http://a:{canaries.s3}@127.0.0.1:9"})
    yield _Case("credentials in the bucket's URL", train, {"WINDVANE_ARTIFACTS": f"s3://key:{canaries.s3}@bucket/x"})
    yield _Case("a source that tells its password", train, {"CANARY_SOURCE_PASSWORD_TOLD": "yes"})
    reason = f"because password={canaries.source} was changed; see https://ada:{canaries.url}@wiki/x"
    yield _Case("a reason with a password", (*train, "--reason", reason), fails=False)
    yield _Case("a connection of Airflow", work=_connections, environment=_airflow(canaries))


def _airflow(canaries: _Canaries) -> dict[str, str]:
    database = {"conn_type": "postgres", "host": "127.0.0.1", "port": 9, "login": "a", "password": canaries.connection}
    bucket = {"conn_type": "aws", "host": "bucket", "login": "key", "password": canaries.s3}
    bucket["extra"] = json.dumps({"aws_session_token": canaries.token, "endpoint_url": "http://127.0.0.1:9"})
    return {
        "AIRFLOW_CONN_WINDVANE_REGISTRY": json.dumps(database),
        "AIRFLOW_CONN_WINDVANE_ARTIFACTS": json.dumps(bucket),
    }


def _said(case: _Case, environment: Mapping[str, str], output: Path) -> int:
    """Do it with standard output and error in a file; return the exit code."""
    os.environ.update(environment)
    descriptor = os.open(output, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    os.dup2(descriptor, 1)
    os.dup2(descriptor, 2)
    if case.work is None:
        code = main(case.command)
    else:
        code = 0
        try:
            case.work()
        except Exception:  # noqa: BLE001 (a task's log shows whatever was raised, with all that led to it)
            traceback.print_exc()
            code = 1
    sys.stdout.flush()
    sys.stderr.flush()
    return code


def _connections() -> None:
    """Open the stores that Airflow's connections name, as a task does; nobody answers there."""
    from windvane.orchestration.connections import stores_of

    stores_of()


class _Links(HTMLParser):
    """The pages that a page links to."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        """Keep where a link leads."""
        self.found += [value for name, value in attributes if tag == "a" and name == "href" and value]


def _pages() -> None:
    """Print every page that can be reached from the first one."""
    from starlette.testclient import TestClient

    from windvane.web.app import create_app
    from windvane.web.host import Host, OpenToRead

    with TestClient(create_app(Host(open_stores, OpenToRead())), base_url="http://127.0.0.1") as client:
        seen: set[str] = set()
        waiting = ["/"]
        while waiting and len(seen) < 60:
            path = waiting.pop(0).partition("#")[0]
            if path in seen or not path.startswith("/"):
                continue
            seen.add(path)
            page = client.get(path).text
            print(f"== {path}\n{page}")
            waiting += _Links(page).found
    assert len(seen) > 3, seen


def _kept(registry: str, artifacts: str, folder: Path) -> Iterator[tuple[str, str]]:
    """Yield the text of all that is kept: every table, every artifact, every file."""
    engine = sa.create_engine(registry)
    with engine.connect() as connection:
        for table in sa.inspect(connection).get_table_names():
            yield f"table {table}", "\n".join(map(str, connection.execute(sa.text(f'SELECT * FROM "{table}"'))))
    engine.dispose()
    stores = open_stores(registry, artifacts)
    for digest in stores.artifacts.digests():
        yield f"artifact {digest}", stores.artifacts.get(digest).decode("latin-1")
    for path in sorted(folder.rglob("*")):
        if path.is_file() and path.name != "output":
            yield f"file {path.name}", path.read_text(encoding="latin-1")


COUNT = len(list(_cases(_Canaries(Random(0)), "x@y", "", Path(), None)))  # type: ignore[arg-type]  # only counted
