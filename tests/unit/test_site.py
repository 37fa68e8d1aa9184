"""The site of docs/ is built strictly: a broken link fails, every class has its page, and nothing is fetched."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from windvane.spec.reference_entries import ENTRIES

ROOT = Path(__file__).resolve().parents[2]
_FETCHED = re.compile(
    r'<(?:script|img|iframe|link rel="(?:stylesheet|preconnect|icon)")[^>]*?(?:src|href)="(https?:)?//'
)


def build(config: Path, site: Path) -> subprocess.CompletedProcess[str]:
    """Build a site as `make docs` does."""
    command = [sys.executable, "-m", "mkdocs", "build", "-f", str(config), "-d", str(site)]
    env = os.environ | {"PYTHONPATH": str(ROOT / "include"), "NO_MKDOCS_2_WARNING": "1"}
    return subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, check=False)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("site")
    done = build(ROOT / "mkdocs.yml", folder)
    assert done.returncode == 0, done.stdout + done.stderr
    return folder


def test_every_class_has_a_page_and_the_tutorial_is_one(site: Path) -> None:
    for entry in ENTRIES:
        page = (site / "reference" / f"{entry.kind.__name__.lower()}.html").read_text(encoding="utf-8")
        assert f'<h1 id="{entry.kind.__name__.lower()}">' in page
        for field in entry.kind.model_fields:
            assert f"<code>{field}</code>" in page
    assert "windvane.open(" in re.sub(r"<[^>]+>", "", (site / "tutorial.html").read_text(encoding="utf-8"))


def test_no_page_fetches_anything_from_elsewhere(site: Path) -> None:
    pages = list(site.rglob("*.html"))
    assert len(pages) > 80
    assert [page.name for page in pages if _FETCHED.search(page.read_text(encoding="utf-8"))] == []
    styles = [file for file in site.rglob("*.css") if re.search(r"url\(['\"]?(https?:)?//", file.read_text())]
    assert styles == []


@pytest.mark.parametrize("link", ["nowhere.md", "other.md#nothing"])
def test_a_broken_link_fails_the_build(tmp_path: Path, link: str) -> None:
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs" / "index.md").write_text(f"# Index\n\n[a link]({link})\n")
    (tmp_path / "docs" / "other.md").write_text("# Other\n")
    text = (ROOT / "mkdocs.yml").read_text(encoding="utf-8")
    (tmp_path / "mkdocs.yml").write_text(text.replace("hooks: [scripts/site.py]\n", ""))
    done = build(tmp_path / "mkdocs.yml", tmp_path / "site")
    assert done.returncode != 0
    assert link in done.stderr
