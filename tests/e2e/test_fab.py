"""The Models pages under FAB's accounts and roles, below a base URL with a path, as a proxy would ask for them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest

from demo.configuration import free_ports
from demo.local_airflow import LocalAirflow
from tests.e2e.conftest import airflow_of
from windvane.results import Run
from windvane.stores import open_stores

BELOW = "/lab/airflow"
ROLES = {"ann": "Viewer", "olga": "Op", "nix": "Public"}


@pytest.fixture(scope="module")
def fab(airflow_database: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalAirflow]:
    """An Airflow with FAB's auth manager, one user of each role, and a model in the registry.

    It is its own: an Airflow has one auth manager and one base URL.
    """
    ports = free_ports(None)
    assert ports is not None
    home = tmp_path_factory.mktemp("fab")
    stores = open_stores(f"sqlite:///{home / 'windvane' / 'registry.db'}", str(home / "windvane" / "artifacts"))
    message = Run(actor="cli:ada", as_of=datetime(2020, 1, 1, tzinfo=UTC))
    stores.registry.models.register(
        "rides", "sha256:1", {"owner": "tests", "task": "binary", "window": "month"}, message
    )
    stores.registry.close()
    started = airflow_of(
        home,
        port=ports.api,
        database=airflow_database,
        preload=(),  # no task runs here
        settings={
            "core": {"auth_manager": "airflow.providers.fab.auth_manager.fab_auth_manager.FabAuthManager"},
            "fab": {"cache_ttl": "0"},
            "api": {"base_url": f"{ports.api_url}{BELOW}"},
        },
    )
    with started:
        assert started.url == ports.api_url
        for user, role in ROLES.items():
            about = ("--password", f"words of {user}", "--email", f"{user}@example.org", "--firstname", user)
            made = started.airflow("users", "create", "--username", user, "--role", role, *about, "--lastname", "x")
            assert made.returncode == 0, made.stderr
        yield started


def logged_in(fab: LocalAirflow, user: str) -> httpx.Client:
    """Return a client that acts as a user, below the base URL."""
    login, where = {"username": user, "password": f"words of {user}"}, f"{fab.url}{BELOW}"
    answer = httpx.post(f"{where}/auth/token", json=login, trust_env=False, timeout=60).raise_for_status()
    bearer = {"Authorization": f"Bearer {answer.json()['access_token']}"}
    return httpx.Client(base_url=where, headers=bearer, trust_env=False, timeout=60)


def test_roles_read_and_act_as_airflow_lets_them(fab: LocalAirflow) -> None:
    page, form = "/windvane/models/rides", "/windvane/models/rides/do/pause"
    assert httpx.get(f"{fab.url}{BELOW}{page}", trust_env=False).status_code == httpx.codes.UNAUTHORIZED
    with logged_in(fab, "olga") as operator:
        assert "rides" in operator.get("/windvane/").text
        lines = operator.get("/windvane/api").json()["models"]["rows"]
        assert [line["model"] for line in lines if line["spec_digest"]] == ["rides"], "others never ran"
        assert "Pause automation" in operator.get(form).text
    with logged_in(fab, "ann") as viewer, logged_in(fab, "nix") as nobody:
        assert viewer.get(page).status_code == httpx.codes.FORBIDDEN, "a Viewer of FAB sees no plugin of Airflow's"
        granted = fab.airflow("roles", "add-perms", "Viewer", "--action", "can_read", "--resource", "Plugins")
        assert granted.returncode == 0, granted.stderr
        assert viewer.get(page).status_code == httpx.codes.OK
        assert viewer.get(form).status_code == httpx.codes.FORBIDDEN
        assert nobody.get(page).status_code == httpx.codes.FORBIDDEN


def test_every_address_of_a_page_lies_below_the_base_url(fab: LocalAirflow) -> None:
    with logged_in(fab, "olga") as operator:
        for path in ("/windvane/", "/windvane/models/rides", "/windvane/audit-log"):
            found = operator.get(path)
            addresses = re.findall(r'(?:href|src|action)="(/[^"]*)"', found.text)
            assert addresses
            assert all(address.startswith(f"{BELOW}/") for address in addresses), addresses
            style = next(address for address in addresses if "windvane.css" in address)
            assert operator.get(style.removeprefix(BELOW)).status_code == httpx.codes.OK
