"""Every page is drawn, mirrored by the API, exported, guarded; and every fault is a page that says so."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import parse_qs, quote, urldefrag, urljoin, urlsplit

import pytest
import sqlalchemy as sa
from fastapi import FastAPI
from fastapi.routing import APIRoute
from starlette.testclient import TestClient

from tests.unit.stores.examples import ADA, MODEL, SCHEDULE, draft_of, scores_of, snapshot_of, spec_of
from tests.unit.web.conftest import ORIGIN, Roles, Surroundings
from tests.unit.web.year import REPORTED, conclude, evaluation_of, fill, version
from windvane import Estimator
from windvane.errors import WindvaneError
from windvane.results import Comparison, Estimate, Number, Verdict
from windvane.spec import canonical_json
from windvane.stores import Stores, open_stores
from windvane.stores.sql.guards import take_down
from windvane.web.app import create_app
from windvane.web.host import Host, OpenToRead
from windvane.web.page import PAGES

ADDRESSES = [
    "/",
    "/approvals",
    "/audit-log",
    "/health",
    "/run",
    f"/run?dag={MODEL}_train&run=run_4",
    f"/models/{MODEL}",
    f"/models/{MODEL}/audit-log",
    f"/models/{MODEL}/compare",
    f"/models/{MODEL}/over-time",
    f"/models/{MODEL}/predictions",
    f"/models/{MODEL}/windows/2013-04",
    f"/models/{MODEL}/versions/2",
    f"/models/{MODEL}/versions/2/card",
]


def routes(app: FastAPI) -> Iterator[tuple[str, str]]:
    """Every address the app answers, with the names of this year filled in, by method."""
    filled = {"model": MODEL, "window": "2013-04", "number": "2", "name": "windvane.css", "action": "rollback"}
    for route in app.routes:
        assert isinstance(route, APIRoute), f"{route} is no route that depends on anything"
        path = re.sub(r"\{(\w+)\}", lambda found: filled[found[1]], route.path)
        for method in route.methods:
            yield method, path


def test_every_route_is_closed_to_who_is_not_logged_in_and_to_who_may_not_see_plugins(app: FastAPI) -> None:
    found = list(routes(app))
    assert len(found) >= 2 * len(PAGES.items()) + 1
    with TestClient(app) as nobody:
        for method, path in found:
            assert nobody.request(method, path).status_code == 401, (method, path)
            assert nobody.request(method, path, headers={"x-role": "stranger"}).status_code == 403, (method, path)


def test_a_window_says_how_it_is_run_again(client: TestClient, stores: Stores) -> None:
    spec = stores.registry.models.get(MODEL).spec | {"window": "month", "timezone": "Europe/Berlin"}
    stores.registry.models.register(MODEL, "sha256:2", spec, SCHEDULE)
    message = client.get(f"/models/{MODEL}/windows/2013-04").text
    for verb in ("score", "monitor", "train"):
        assert f"again {MODEL} {verb} 2013-03-31T22:00 2013-04-30T21:59:59" in message


def test_the_app_describes_itself_to_nobody(client: TestClient) -> None:
    for path in ("/docs", "/redoc", "/openapi.json"):
        assert client.get(path).status_code == 404


@pytest.mark.parametrize("path", ADDRESSES)
def test_a_page_and_its_facts_are_there(client: TestClient, path: str) -> None:
    page = client.get(path)
    assert page.status_code == 200, page.text
    assert page.headers["content-type"].startswith("text/html")
    assert page.text.count("<h1>") == 1
    facts = client.get(f"/api{path.rstrip('/')}")
    assert facts.status_code == 200
    assert isinstance(facts.json(), dict)


@pytest.mark.parametrize("path", ADDRESSES)
def test_no_page_takes_more_than_twelve_queries(client: TestClient, stores: Stores, path: str) -> None:
    client.get(path)
    said: list[str] = []
    engine = stores.registry.database.backend.engine  # type: ignore[attr-defined]  # its queries are counted
    sa.event.listen(engine, "before_cursor_execute", lambda *message: said.append(message[2]))
    client.get(path)
    # Here the champion's file is missing: only then is it asked whether somebody erased it.
    requested = [text for text in said if not text.startswith("BEGIN") and "FROM erased" not in text]
    assert 1 <= len(requested) <= 12, requested


def test_a_card_can_be_taken_along(client: TestClient) -> None:
    for ending, media, begins in (("md", "text/markdown", "# loans v2"), ("html", "text/html", "<!doctype html>")):
        file = client.get(f"/models/{MODEL}/versions/2/card", params={"export": ending})
        assert file.headers["content-type"].startswith(media)
        assert file.headers["content-disposition"] == f'attachment; filename="{MODEL}-2-card.{ending}"'
        assert file.text.startswith(begins)
    assert client.get(f"/models/{MODEL}/versions/2/card", params={"export": "exe"}).text.count("<h1>") == 1


def test_curves_are_drawn_beside_the_champions_with_their_points_behind(client: TestClient) -> None:
    page = client.get(f"/models/{MODEL}/versions/2").text
    assert "in 0 of 4 bins of this version the interval of the outcome leaves out the score" in page
    assert page.count('class="chart curve"') == 2
    assert "<td>v1</td><td>0.1</td><td>0.2</td><td>0.15 to 0.25</td><td>75</td>" in page
    assert "Curves" not in client.get(f"/models/{MODEL}/audit-log").text


class Links(HTMLParser):
    """Where a page leads: its links and forms of method GET, and the places it can be entered at."""

    def __init__(self, text: str) -> None:
        """Read a page."""
        super().__init__()
        self.links: set[str] = set()
        self.places: set[str] = set()
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Keep what an element leads to, and its name."""
        found = dict(attrs)
        self.places |= {name for name in [found.get("id")] if name}
        form = tag == "form" and (found.get("method") or "get").lower() == "get"
        leads = found.get("action") if form else found.get("href") or found.get("src")
        if leads and (tag != "a" or found.get("target") is None):
            self.links.add(leads)


def test_no_link_of_any_page_leads_nowhere(op: TestClient) -> None:
    ahead, seen, nowhere = ["/"], {("/", frozenset[str]())}, []
    while ahead:
        here = ahead.pop()
        answer = op.get(here)
        if answer.status_code >= 400:
            nowhere.append(here)
        if not answer.headers["content-type"].startswith("text/html"):
            continue
        page = Links(answer.text)
        for link in page.links:
            whole, place = urldefrag(urljoin(str(answer.url), link))
            if place and whole == str(answer.url) and place not in page.places:
                nowhere.append(f"{here} -> #{place}")
            parts = urlsplit(whole)
            kind = (parts.path, frozenset(parse_qs(parts.query)))  # one of each sorting and filtering is enough
            airflows = parts.path.startswith("/dags/")
            if whole.startswith(ORIGIN) and not airflows and kind not in seen:
                seen.add(kind)
                ahead.append(whole.removeprefix(ORIGIN))
    assert nowhere == []
    assert {f"/models/{MODEL}/audit-log", f"/models/{MODEL}/versions/2/card"} <= {path for path, _ in seen}


def test_all_pages_are_visited_here(app: FastAPI) -> None:
    patterns = [re.sub(r"\{\w+\}", "[^/]+", path) for path in PAGES]
    assert all(any(re.fullmatch(pattern, path) for path in ADDRESSES) for pattern in patterns)


@pytest.mark.parametrize("path", [*ADDRESSES, "/models/nope", "/static/windvane.css", "/static/nope"])
def test_every_answer_keeps_to_itself(client: TestClient, path: str) -> None:
    headers = client.get(path).headers
    policy = headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert "frame-ancestors 'self'" in policy
    assert (headers["x-content-type-options"], headers["x-frame-options"]) == ("nosniff", "SAMEORIGIN")
    assert headers["referrer-policy"] == "same-origin"


def test_a_report_of_a_library_is_confined_and_never_shown_alone(client: TestClient) -> None:
    page = client.get(f"/models/{MODEL}/windows/2013-04").text
    assert 'sandbox="allow-scripts" loading="lazy"' in page
    path = f"/models/{MODEL}/windows/2013-04/report"
    report = client.get(path, headers={"sec-fetch-dest": "iframe"})
    assert REPORTED in report.text
    policy = report.headers["content-security-policy"].split("; ")
    assert "sandbox allow-scripts" in policy
    assert {"default-src 'none'", "form-action 'none'", "frame-ancestors 'self'"} <= set(policy)
    alone = client.get(path, headers={"sec-fetch-dest": "document"}, follow_redirects=False)
    assert (alone.status_code, alone.headers["location"]) == (303, f"/models/{MODEL}/windows/2013-04")


@pytest.mark.parametrize("path", ADDRESSES)
def test_no_page_needs_what_its_policy_blocks(client: TestClient, path: str) -> None:
    text = client.get(path).text
    assert not re.search(r"<style|\sstyle=|\son\w+=|javascript:|<script(?![^>]*\ssrc=)", text)
    assert not re.findall(r'(?:src|href|action)="(?:https?:)?//', text)


def test_a_page_below_a_base_url_links_below_it(app: FastAPI) -> None:
    with TestClient(app, root_path="/airflow/windvane", headers={"x-role": "op"}) as client:
        text = client.get(f"/airflow/windvane/models/{MODEL}").text
    links = re.findall(r'(?:src|href|action)="(/[^"]*)"', text)
    assert links
    assert all(link.startswith(("/airflow/windvane/", "/dags/", "/assets/")) for link in links), links


@pytest.mark.parametrize(
    "text", ["%2e%2e%2f%2e%2e%2fapp.py", "..%2fapp.py", "....//app.py", "windvane.css%00", "/etc/passwd"]
)
def test_no_path_leads_out_of_the_files_that_pages_load(client: TestClient, text: str) -> None:
    assert client.get(f"/static/{text}").status_code in (404, 405)


def test_a_model_that_may_not_be_seen_is_not_there(client: TestClient, roles: Roles) -> None:
    roles.hidden = frozenset({MODEL})
    assert MODEL not in client.get("/").text
    assert MODEL not in client.get("/approvals").text
    assert client.get("/api/audit-log").json()["events"]["total"] == 0
    assert client.get(f"/api/run?dag={MODEL}_train&run=run_4").json()["model"] is None
    for path in (one for one in ADDRESSES if one.startswith("/models/")):
        refused = client.get(path)
        assert refused.status_code == 404
        assert "no model &#39;loans&#39; is registered" in refused.text


@pytest.mark.parametrize(
    ("path", "message"),
    [
        ("/models/nope", "no model"),
        (f"/models/{MODEL}/versions/99", "no version 99"),
        (f"/models/{MODEL}/versions/x", "is no version number"),
        (f"/models/{MODEL}/windows/2013-12", "was not monitored"),
        (f"/models/{MODEL}/windows/<script>", "was not monitored"),
    ],
)
def test_what_is_not_there_is_named_with_what_to_do(client: TestClient, path: str, message: str) -> None:
    page, facts = client.get(path), client.get(f"/api{path}")
    assert (page.status_code, facts.status_code) == (404, 404)
    assert message in page.text
    assert set(facts.json()) == {"error", "cause", "remedy"}
    assert "<script>" not in page.text.replace("<script src", "").replace('<script type="module"', "")


def test_a_table_is_exported_as_it_is_filtered(client: TestClient) -> None:
    answer = client.get(f"/models/{MODEL}?windows.decision=retrain&export=windows")
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert answer.headers["content-disposition"] == 'attachment; filename="loans-windows.csv"'
    lines = answer.text.splitlines()
    assert len(lines) == 2
    assert lines[1].startswith("2013-04,retrain,because of 4,1,0.44,0.45,")


def test_sorting_and_filtering_are_links_and_forms_that_keep_the_rest(client: TestClient) -> None:
    text = client.get(f"/models/{MODEL}?windows.sort=-loss&versions.sort=version&windows.reason=because").text
    assert 'aria-sort="descending"' in text
    kept = "windows.sort=loss&amp;versions.sort=version&amp;windows.reason=because"
    assert f'href="/models/{MODEL}?{kept}#windows"' in text
    assert 'name="windows.reason" value="because"' in text
    assert '<input type="hidden" name="versions.sort" value="version">' in text


def test_an_empty_registry_says_what_will_be_there(home: Path) -> None:
    empty = open_stores(f"sqlite:///{home / 'empty.db'}", str(home / "none"))
    with TestClient(create_app(Host(lambda: empty, OpenToRead()))) as client:
        assert "No model is registered yet." in client.get("/").text
        assert "Nothing waits for a person." in client.get("/approvals").text
        assert "Nothing happened yet." in client.get("/audit-log").text


def test_pages_that_stand_alone_offer_no_action(stores: Stores) -> None:
    with TestClient(create_app(Host(lambda: stores, OpenToRead()))) as client:
        for path in ADDRESSES:
            assert "/do/" not in client.get(path).text


def test_a_registry_that_cannot_be_opened_is_a_page_that_says_so(home: Path, roles: Roles) -> None:
    (home / "folder.db").mkdir()
    app = create_app(Host(lambda: open_stores(f"sqlite:///{home / 'folder.db'}", str(home)), roles, Surroundings()))
    with TestClient(app, headers={"x-role": "viewer"}) as client:
        page = client.get("/")
        assert (page.status_code, page.headers["retry-after"]) == (503, "10")
        assert "The registry cannot be read now" in page.text
        assert "RegistryUnavailable" in page.text
        assert client.get("/api").json()["error"] == "RegistryUnavailable"


def test_a_registry_that_was_lost_is_a_page_that_says_so(stores: Stores, home: Path, roles: Roles) -> None:
    """`stores` left artifacts with its registry's id; the registry that is opened beside them is a new file."""
    lost = (f"sqlite:///{home / 'new.db'}", str(home / "artifacts"))
    app = create_app(Host(lambda: open_stores(*lost, visited=True), roles, Surroundings()))
    with TestClient(app, headers={"x-role": "viewer"}) as client:
        page = client.get("/")
        assert page.status_code == 503
        assert "RegistryLost" in page.text
        assert "restore the registry from its backup" in page.text
        assert client.get("/api").json()["error"] == "RegistryLost"


def test_artifacts_of_another_registry_are_a_page_that_says_so(stores: Stores, home: Path, roles: Roles) -> None:
    open_stores(f"sqlite:///{home / 'other.db'}", str(home / "others")).registry.close()
    mixed = (f"sqlite:///{home / 'registry.db'}", str(home / "others"))
    app = create_app(Host(lambda: open_stores(*mixed, visited=True), roles, Surroundings()))
    with TestClient(app, headers={"x-role": "viewer"}) as client:
        page = client.get(f"/models/{MODEL}")
    assert page.status_code == 503
    assert "OtherArtifacts" in page.text


def test_a_registry_of_a_newer_windvane_is_a_page_that_says_so(stores: Stores, home: Path, roles: Roles) -> None:
    import sqlite3

    with sqlite3.connect(home / "registry.db") as database:
        database.execute("UPDATE windvane_schema SET version_num = '9999'")
    app = create_app(Host(lambda: open_stores(f"sqlite:///{home / 'registry.db'}", str(home)), roles, Surroundings()))
    with TestClient(app, headers={"x-role": "viewer"}) as client:
        page = client.get("/")
    assert page.status_code == 503
    assert "SchemaTooNew" in page.text


@pytest.mark.parametrize("fault", ["missing", "tampered", "unknown"])
def test_an_artifact_that_is_not_to_be_had_leaves_the_rest_of_the_page(
    client: TestClient, stores: Stores, home: Path, fault: str
) -> None:
    version = stores.registry.versions.get(MODEL, 2)
    assert version.evaluation
    name = version.evaluation.removeprefix("sha256:")
    file = home / "artifacts" / "sha256" / name[:2] / name[2:]
    if fault == "missing":
        file.unlink()
    elif fault == "tampered":
        file.chmod(0o644)
        file.write_bytes(b"{}")
    else:
        digest = stores.artifacts.put(json.dumps({"of": "another form"}).encode())
        import sqlite3

        with sqlite3.connect(home / "registry.db") as database:
            for (trigger,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
                database.execute(f"DROP TRIGGER {trigger}")
            database.execute("UPDATE versions SET evaluation = ? WHERE version = 2", (digest,))
    page = client.get(f"/models/{MODEL}/versions/2")
    assert page.status_code == 200
    assert "Part of this page is not to be had." in page.text
    message = {"missing": "MissingArtifact", "tampered": "CorruptArtifact", "unknown": "does not know"}[fault]
    assert message in page.text
    assert "log_loss at most 0.5" in page.text


def test_a_clock_that_runs_ahead_is_told_as_that(client: TestClient, stores: Stores, home: Path) -> None:
    import sqlite3

    with sqlite3.connect(home / "registry.db") as database:
        for (trigger,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
            database.execute(f"DROP TRIGGER {trigger}")
        database.execute("UPDATE promotions SET at = '2999-01-01 00:00:00'")
    assert "in the future: check the clocks" in client.get(f"/models/{MODEL}").text


def test_a_fault_nobody_foresaw_is_a_page_and_a_line_in_the_log(
    client: TestClient, stores: Stores, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr("windvane.stores.sql.pages.SqlMoment.names", lambda self: 1 / 0)
    page = client.get("/")
    assert page.status_code == 500
    assert "ZeroDivisionError while this page was built" in page.text
    assert "Traceback" not in page.text
    assert "the page / failed" in caplog.text


def test_a_model_tells_its_incidents_and_the_versions_on_trial(client: TestClient) -> None:
    facts = client.get(f"/api/models/{MODEL}").json()
    assert [(item["window"], item["closed_at"]) for item in facts["incidents"]] == [("2013-06", None)]
    assert [(item["version"], item["champion"], item["state"]) for item in facts["rollouts"]] == [(3, 2, "open")]
    assert [(item["window"], item["outcome"]) for item in facts["live"]] == [("2013-06", "pass")]
    text = client.get(f"/models/{MODEL}").text
    assert "The next window has 5 % of the keys from it." in text
    assert f'href="/models/{MODEL}?from=2013-06#timeline-h"' in text
    assert "surely not worse" in text


def test_versions_are_compared_by_what_they_were_declared_as_differences_first(client: TestClient) -> None:
    lines = client.get(f"/api/models/{MODEL}/compare?a=1&b=2&lines.about=spec").json()["lines"]["rows"]
    assert (lines[0]["name"], lines[0]["one"], lines[0]["other"]) == ("seed", "1", "4")
    assert [line["same"] for line in lines] == [False] + [True] * (len(lines) - 1)
    assert any(line["name"].startswith("estimator.") for line in lines)


def test_a_table_counts_all_rows_beyond_its_last_page_too(client: TestClient) -> None:
    beyond = client.get(f"/api/models/{MODEL}?windows.page=9").json()["windows"]
    assert (beyond["rows"], beyond["total"]) == ([], 5)


@pytest.mark.parametrize("there", ["https://evil.example", "//evil.example", "javascript:alert(1)"])
def test_no_name_of_a_query_leads_elsewhere(client: TestClient, there: str) -> None:
    for path in ADDRESSES:
        for name in ("next", "url", "redirect", "back", "from", "column"):
            answer = client.get(path, params={name: there}, follow_redirects=False)
            assert answer.status_code == 200, (path, name)
            assert "location" not in answer.headers
            assert not re.search(rf'(?:href|src|action)="{re.escape(there)}', answer.text), (path, name)


PAYLOADS = [
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "'><svg onload=alert(1)>",
    "{{7*7}}${7*7}<%= 7*7 %>",
    "</title><script>alert(1)</script>",
    "javascript:alert(1)",
    "</textarea><iframe srcdoc='<script>alert(1)</script>'>",
]


def test_hostile_text_is_shown_as_text(tmp_path: Path, roles: Roles) -> None:
    """Every payload at once, in every free text: no element, attribute or script comes of it."""
    hostile = open_stores(f"sqlite:///{tmp_path / 'hostile.db'}", str(tmp_path / "hostile"))
    fill(hostile, " ".join(PAYLOADS))
    with TestClient(create_app(Host(lambda: hostile, roles, Surroundings())), headers={"x-role": "op"}) as client:
        for path in [*ADDRESSES, f"/models/{MODEL}?from={PAYLOADS[1]}&windows.reason={PAYLOADS[0]}"]:
            page = client.get(path)
            assert page.status_code == 200, path
            found = Elements()
            found.feed(page.text)
            assert found.names <= ELEMENTS | {"iframe"}, path
            frames = re.findall(r"<iframe[^>]*>", page.text)
            assert len(frames) == ("/windows/" in path), path
            assert all(f'src="/models/{MODEL}/windows/2013-04/report">' in frame for frame in frames)
            assert not {name for name in found.attributes if name.startswith("on") or name in ("srcdoc", "style")}
            assert not [href for href in found.hrefs if not href.startswith(("/", "#", "?"))]
            assert "49" not in re.findall(r"who pays late(.{0,12})", page.text)


ELEMENTS = frozenset(
    {
        *("a", "body", "button", "circle", "code", "dd", "desc", "details", "div", "dl", "dt", "figcaption", "figure"),
        *(
            "form",
            "g",
            "h1",
            "h2",
            "h3",
            "head",
            "header",
            "html",
            "input",
            "label",
            "li",
            "line",
            "link",
            "main",
            "meta",
        ),
        *(
            "nav",
            "ol",
            "option",
            "p",
            "path",
            "polyline",
            "pre",
            "rect",
            "script",
            "section",
            "select",
            "span",
            "strong",
        ),
        *("summary", "svg", "table", "tbody", "td", "text", "th", "thead", "time", "title", "tr", "ul"),
    }
)


class Elements(HTMLParser):
    """What a page consists of."""

    def __init__(self) -> None:
        super().__init__()
        self.names: set[str] = set()
        self.attributes: set[str] = set()
        self.hrefs: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.names.add(tag)
        self.attributes |= {name for name, _ in attrs}
        self.hrefs += [value or "" for name, value in attrs if name in ("href", "src", "action")]


def test_the_same_page_is_asked_for_by_many_at_once(app: FastAPI) -> None:
    from concurrent.futures import ThreadPoolExecutor

    with TestClient(app, headers={"x-role": "viewer"}, base_url=ORIGIN) as client, ThreadPoolExecutor(16) as readers:
        answers = list(readers.map(lambda _: client.get(f"/models/{MODEL}").status_code, range(32)))
    assert answers == [200] * 32


def test_a_window_lists_its_publications_and_which_was_current(client: TestClient, stores: Stores) -> None:
    first = stores.registry.scores.add(scores_of(4, 1), SCHEDULE)
    replacing = scores_of(4, 2).model_copy(update={"replaces": first.publication})
    second = stores.registry.scores.add(replacing, ADA.model_copy(update={"reason": "<b>v1</b> was wrong"}))
    path = f"/models/{MODEL}/windows/2013-04"
    page = client.get(path).text
    assert "Publications of its scores" in page
    assert "&lt;b&gt;v1&lt;/b&gt; was wrong" in page
    then = quote(first.moment.isoformat())
    for asked, current in (("", 2), (f"?as_of={then}", 1 if second.moment > first.moment else 2)):
        rows = client.get(f"/api{path}{asked}").json()["publications"]["rows"]
        assert [row["publication"]["publication"] for row in rows] == [2, 1]
        assert [row["publication"]["publication"] for row in rows if row["current"]] == [current]
        assert rows[0]["publication"]["reason"] == "<b>v1</b> was wrong"
    before = client.get(f"/api{path}?as_of=2000-01-01T00:00Z").json()["publications"]["rows"]
    assert not any(row["current"] for row in before)
    for nonsense in ("yesterday", "2013-01-01"):
        refused = client.get(f"{path}?as_of={nonsense}")
        assert refused.status_code == 400
        assert "is no moment with a time zone" in refused.text


def test_a_look_up_of_a_moment_that_is_none_says_how_to_write_one(client: TestClient) -> None:
    found = client.get(f"/api/models/{MODEL}/predictions?key=1&as_of=yesterday").json()
    assert "is no moment with a time zone" in found["problem"]
    assert found["found"] is None


def test_the_overview_and_the_trail_of_all_reach_every_model(client: TestClient, stores: Stores) -> None:
    for number in range(41):
        stores.registry.models.register(f"model_{number:02}", "sha256:2", spec_of().model_dump(mode="json"), SCHEDULE)
    page = client.get("/").text
    assert 'Models <span class="count">42</span>' in page
    assert "Page 1 of 2" in page
    assert 'id="models-model"' in page  # the filter
    assert "model_40" in client.get("/?models.page=2").text
    assert client.get("/api?models.page=2").json()["models"]["total"] == 42
    trail = client.get("/api/audit-log").json()["events"]
    assert trail["total"] > 42
    assert "Next</a>" in client.get("/audit-log").text


def cells_of(client: TestClient, about: str, **query: str) -> dict[str, tuple[str, str]]:
    rows = client.get(f"/api/models/{MODEL}/compare", params=query).json()["lines"]["rows"]
    return {row["name"]: (row["one"], row["other"]) for row in rows if row["about"] == about}


def test_losses_of_two_holdouts_never_stand_side_by_side(client: TestClient) -> None:
    """v3 was measured beside v1, and not beside v2: only the first two have losses on the same rows."""
    found = cells_of(client, "metrics", a="3", b="2")
    assert len(found) == 4
    assert all("not measured on these rows" in sides for sides in found.values())
    assert all(" to 2013-" in name for name in found)
    page = client.get(f"/models/{MODEL}/compare", params={"a": "3", "b": "2"}).text
    assert "On the same rows: 1 live window, 2013-06 to 2013-06" in page  # June was scored by both, live
    beside = cells_of(client, "metrics", a="3", b="1")
    june = next(name for name in beside if name.startswith("log_loss") and "2013-06" in name)
    assert beside[june] == ("0.41 (0.39 to 0.43)", "0.44 (0.39 to 0.43)")
    january = next(name for name in beside if name.startswith("log_loss") and "2013-01" in name)
    assert beside[january] == ("not measured on these rows", "0.41 (0.39 to 0.43)")


def test_two_versions_are_compared_on_the_same_rows_with_bounds(client: TestClient) -> None:
    (paired,) = client.get(f"/api/models/{MODEL}/compare?a=3&b=1").json()["paired"]
    assert paired["where"].startswith("holdout of v3")
    assert paired["number"]["value"] == pytest.approx(-0.03)
    assert paired["number"]["low"] < -0.03 < paired["number"]["high"] < 0
    (turned,) = client.get(f"/api/models/{MODEL}/compare?a=1&b=3").json()["paired"]
    assert turned["number"]["value"] == pytest.approx(0.03)
    assert turned["number"]["low"] == pytest.approx(-paired["number"]["high"])
    page = client.get(f"/models/{MODEL}/compare?a=3&b=1").text
    assert (
        '<td data-head="v3 less v1" class="n">\N{MINUS SIGN}0.03 nat</td><td data-head="Better">▼ better, surely</td>'
        in page
    )
    assert "v3 is surely better than v1: log_loss \N{MINUS SIGN}0.03 nat" in page
    assert "v3 is surely better than v1" in client.get(f"/models/{MODEL}/compare?a=1&b=3").text
    (live,) = client.get(f"/api/models/{MODEL}/compare?a=3&b=2").json()["paired"]
    assert live["where"] == "1 live window, 2013-06 to 2013-06"
    assert live["number"]["value"] == pytest.approx(-0.021)


def test_versions_that_share_no_rows_are_said_to_and_how_they_are_compared(client: TestClient, stores: Stores) -> None:
    new = version(stores, 5)
    page = client.get(f"/models/{MODEL}/compare?a={new.version}&b=2").text
    assert "their losses cannot be compared" in page
    assert f"`windvane compare {MODEL} {new.version} 2 --score`" in page


@pytest.mark.parametrize(
    ("metric", "own", "champion", "told"),
    [
        ("roc_auc", 0.80, 0.75, "+0.05"),
        ("roc_auc", 0.70, 0.75, "\N{MINUS SIGN}0.05"),
        ("log_loss", 0.40, 0.45, "\N{MINUS SIGN}0.05"),
        ("log_loss", 0.50, 0.45, "+0.05"),
    ],
)
def test_a_difference_is_new_minus_old_with_better_or_worse_in_words_whichever_way_is_better(
    client: TestClient, stores: Stores, metric: str, own: float, champion: float, told: str
) -> None:
    made = version(stores, 5)
    higher = metric == "roc_auc"
    better = (own > champion) == higher
    signed = (champion - own) if higher else (own - champion)  # a comparison is negative where the version is better
    estimate = Estimate(metric=metric, value=own, rows=300)
    compared = Comparison(metric=metric, other="v1", difference=signed, std_error=0.01, rows=300, value=champion)
    told_before = evaluation_of(made).model_copy(
        update={
            "metrics": (estimate,),
            "champion_metrics": (estimate.model_copy(update={"value": champion}),),
            "comparisons": (compared,),
            "slices": {},
        }
    )
    digest = stores.artifacts.put(told_before.to_json().encode())
    stores.registry.versions.add_evaluation(MODEL, made.version, digest, told_before, SCHEDULE)
    facts = client.get(f"/api/models/{MODEL}/versions/{made.version}").json()
    assert facts["metrics"]["rows"][0]["difference"] == pytest.approx(own - champion)
    page = client.get(f"/models/{MODEL}/versions/{made.version}").text
    arrow, word = "▲" if own > champion else "▼", "better" if better else "worse"
    assert re.search(rf">\s*{re.escape(told)}<span class=\"note\">{arrow} {word}</span>", page)
    (paired,) = client.get(f"/api/models/{MODEL}/compare?a={made.version}&b=1").json()["paired"]
    assert paired["number"]["value"] == pytest.approx(own - champion)
    assert paired["number"]["better"] == ("higher" if higher else "lower")


def test_a_look_up_says_why_a_version_was_let_through_and_apart_from_that_why_it_was_trained(
    client: TestClient, stores: Stores
) -> None:
    import pandas as pd

    from windvane.stores.datasets import write_scores

    asked = SCHEDULE.model_copy(update={"reason": "the loss rose in April"})
    made = version(stores, 5, by=asked)
    stores.registry.champions.promote(MODEL, made.version, 2, ADA, "the loss rose in April")
    row = {"id": [7], "at": pd.Timestamp("2013-08-02", tz="UTC"), "score": [0.3], "version": [made.version]}
    frame = pd.DataFrame(row)
    stores.registry.snapshots.add(snapshot_of(8), True, SCHEDULE)
    artifact = write_scores(frame, stores.artifacts)
    stores.registry.scores.add(scores_of(8, made.version).model_copy(update={"artifact": artifact}), SCHEDULE)
    page = client.get(f"/models/{MODEL}/predictions", params={"key": "7"}).text
    through = re.search(r"<dt>Why it was let through</dt><dd>(.*?)</dd>", page, re.DOTALL)
    assert through
    assert "The gate decided" in through[1]
    assert "a person is asked" in through[1]  # the gate's first reason
    assert "the loss rose" not in through[1]
    assert re.search(r"<dt>Why it was trained</dt><dd>the loss rose in April</dd>", page)


def test_fairness_is_a_table_of_groups_with_its_interval_and_what_the_gate_allows(
    client: TestClient, stores: Stores
) -> None:
    held = Number(
        name="difference of demographic parity by zip", value=0.05, low=0.01, high=0.09, allowed="at most 0.1"
    )
    unfair = Verdict(rule="fairness(zip, demographic_parity)", outcome="pass", headline="Fair", numbers=(held,))
    found = stores.registry.versions.get(MODEL, 3)
    assert found.gate
    stores.registry.versions.add_gate(MODEL, 3, found.gate.model_copy(update={"verdicts": (unfair,)}), SCHEDULE)
    page = client.get(f"/models/{MODEL}/versions/3").text
    section = page[page.index("Demographic parity") :]
    assert re.search(r"difference</th><td class=\"n\">0.05</td><td>0.01 to 0.09</td><td>at most 0.1</td>", section)
    assert re.search(
        r"<td>10115</td><td class=\"n\">150</td><td class=\"n\">30 %</td><td class=\"n\">23.2 % to", section
    )
    assert "allowed at most 0.1" in section
    assert 'class="bound"' in section  # the line that the bars are held to
    assert 'class="bar value outside"' not in section
    assert section.count('class="whisker"') == 3  # the difference, and the share of each of two groups
    assert "12 rows without a known group are left out" in section
    assert 'id="fairness-0-difference' in section
    assert "selection rate" not in page  # no internal names
    assert re.search(
        r"<td>noise of income</td><td>log_loss difference</td><td class=\"n\">\+0.04 nat ▲ worse</td>", page
    )


def test_a_version_tells_its_estimator_and_parameters(client: TestClient, stores: Stores) -> None:
    page = client.get(f"/models/{MODEL}/versions/3").text
    assert "<dt>Estimator</dt><dd>sklearn.linear_model:LogisticRegression</dd>" in page
    assert "<dt>Parameters</dt><dd>the estimator&#39;s own defaults</dd>" in page
    with_params = spec_of(estimator=Estimator("sklearn.linear_model:LogisticRegression", C=0.5, max_iter=200))
    digest = stores.artifacts.put(canonical_json(with_params.model_dump(mode="json")).encode())
    draft = draft_of(9).model_copy(update={"spec_digest": digest})
    made = stores.registry.versions.add(draft, SCHEDULE)
    assert "<dd>C = 0.5, max_iter = 200</dd>" in client.get(f"/models/{MODEL}/versions/{made.version}").text


def test_nothing_is_said_of_a_next_run_that_is_not_known(stores: Stores) -> None:
    with TestClient(create_app(Host(lambda: stores, OpenToRead()))) as client:
        assert "Next run" not in client.get(f"/models/{MODEL}").text


def test_a_renamed_model_is_shown_under_its_name_and_found_under_each(
    client: TestClient, stores: Stores, around: Surroundings
) -> None:
    window = client.get(f"/api/models/{MODEL}").json()["model"]["window"]
    stores.registry.models.rename(MODEL, "credit", ADA)
    for name in (MODEL, "credit"):
        page = client.get(f"/models/{name}").text
        assert "<h1>credit " in page
        assert f"<title>{MODEL}" not in page
        assert "<h1>credit, window" in client.get(f"/models/{name}/windows/{window}").text
    assert "/dags/credit_score/runs" in client.get(f"/models/credit/windows/{window}").text
    overview = client.get("/").text
    assert ">credit</a>" in overview
    assert f">{MODEL}</a>" not in overview
    assert client.get("/models/nobody").status_code == 404


def test_the_trail_is_filtered_by_version_and_window_and_goes_along_as_lines_of_json(client: TestClient) -> None:
    path = f"/models/{MODEL}/audit-log"

    def found(query: str) -> list[dict[str, object]]:
        rows: list[dict[str, object]] = client.get(f"/api{path}?{query}").json()["events"]["rows"]
        return rows

    assert {event["payload"]["version"] for event in found("events.version=v2")} == {2}  # type: ignore[index]  # JSON
    assert {event["payload"]["window"] for event in found("events.window=2013-04")} == {"2013-04"}  # type: ignore[index]  # JSON
    assert found("events.version=two") == []
    answer = client.get(f"{path}?export=jsonl&events.version=2&events.page=3")
    assert answer.headers["content-type"].startswith("application/x-ndjson")
    assert "loans-events.jsonl" in answer.headers["content-disposition"]
    lines = [json.loads(line) for line in answer.text.splitlines()]
    assert [line["seq"] for line in lines] == [event["seq"] for event in found("events.version=2")]
    assert all(line["hash"].startswith("sha256:") for line in lines)


def test_the_trail_says_up_to_which_event_it_was_verified_and_notices_another_one(
    client: TestClient, stores: Stores
) -> None:
    """Whoever looks later is told by whom: a server that starts anew too."""
    path = f"/models/{MODEL}/audit-log"
    assert "Nobody verified this chain yet" in client.get(path).text
    last = stores.registry.audit.events(MODEL, limit=1)[0].seq
    assert f"Verified up to event {last}," in client.get(f"{path}?verify=yes").text
    client.get(f"{path}?verify=yes")
    stores.registry.people.pause(MODEL, ADA, "a holiday")
    with TestClient(create_app(Host(lambda: stores, OpenToRead()))) as another:
        page = another.get(path).text
        assert f"Verified up to event {last}, and 1 came since," in page
        assert "by airflow:viewer" in page
        assert another.get(f"/api{path}").json()["chain"]["seq"] == last
    with stores.registry.database.writing() as connection:  # type: ignore[attr-defined]  # written past the registry
        assert connection.exec_driver_sql("SELECT count(*) FROM verifications").scalar() == 1, "once a minute"
        take_down(connection)
        connection.exec_driver_sql(f"UPDATE events SET actor = 'nobody' WHERE seq = {last}")  # noqa: S608  # a number
    page = client.get(path).text
    assert "Not verified since:" in page
    assert f"event {last} is not the one that was verified" in page
    assert client.get(f"/api{path}").json()["chain"]["whole"] is False
    assert "The chain is broken:" in client.get(f"{path}?verify=yes").text
    assert "The chain is broken:" in client.get(path).text, "what was found last is told, not what was found before"
    troubles = client.get("/api/health").json()["models"][0]["troubles"]
    assert [one["headline"] for one in troubles if one["kind"] == "audit_log"] == [
        f"airflow:viewer verified it, and found: AuditLogBroken: {MODEL}: event {last} of the audit log i…"
    ]


def test_a_verification_that_somebody_wrote_by_hand_is_not_believed(client: TestClient, stores: Stores) -> None:
    path = f"/models/{MODEL}/audit-log"
    forged = f"INSERT INTO verifications VALUES ('{MODEL}', 1, 3, 'sha256:x', '2013-01-01 00:00:00', 'ada', 0, '')"  # noqa: S608  # no input
    with pytest.raises(WindvaneError, match="what is verified is an event that is there"):
        _past_the_registry(stores, forged)
    _past_the_registry(stores, forged, unguarded=True)
    assert "Not verified since:" in client.get(path).text
    assert "Event 3 of the audit log is not the one that ada verified" in client.get("/health").text


def test_what_verify_finds_in_files_is_told_though_the_chain_is_whole(client: TestClient, stores: Stores) -> None:
    """The year's stored models were never stored."""
    from windvane import steps

    path = f"/models/{MODEL}/audit-log"
    assert steps.note_verified(steps.verify(MODEL, stores), stores, ADA) == ""
    client.get(f"{path}?verify=yes")
    page = client.get(path).text
    assert "Something is not as it was written:" in page
    assert "MissingArtifact: loans v1 model: no artifact" in page


def _past_the_registry(stores: Stores, statement: str, *, unguarded: bool = False) -> None:
    with stores.registry.database.writing() as connection:  # type: ignore[attr-defined]  # written past the registry
        if unguarded:
            take_down(connection)
        connection.exec_driver_sql(statement)


def test_pages_say_where_there_is_too_little_to_tell(tmp_path: Path) -> None:
    stores = open_stores(f"sqlite:///{tmp_path / 'registry.db'}", str(tmp_path / "artifacts"))
    with TestClient(create_app(Host(lambda: stores, OpenToRead()))) as client:
        assert "No model is registered or declared: nothing was looked at." in client.get("/health").text
        stores.registry.models.register(MODEL, "sha256:1", spec_of().model_dump(mode="json"), SCHEDULE)
        assert "No version was trained yet: there is nothing to compare." in client.get(f"/models/{MODEL}/compare").text
        version(stores, 1)
        conclude(stores, 2, 1)
        assert "v1 is the only version: there is nothing to compare." in client.get(f"/models/{MODEL}/compare").text
        assert "One monitored window, 2013-02." in client.get(f"/models/{MODEL}/over-time").text
        version(stores, 3)
        page = client.get(f"/models/{MODEL}/compare?a=2&b=2").text
        assert "v2 is on both sides: there is nothing to compare." in page
        assert "Not on the same rows" not in page
