"""How the tests are shared out among processes, and what they must not inherit from whatever started them."""

from __future__ import annotations

import signal
from typing import Any

import pytest
import skops.io  # noqa: F401 (it asks every loaded module for names, and Airflow's old ones warn: it comes first)
from hypothesis import settings

# A test is no measurement of time: what is slow beside others on a busy machine is not wrong.
settings.register_profile("untimed", deadline=None)
settings.load_profile("untimed")

# A shell lets a background job ignore SIGINT (`nohup make test &`), and every child inherits that: a test that
# interrupts its child would wait in vain.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """Keep the tests of a module in one process, and all that start an Airflow in one, which has it to itself."""
    from xdist.scheduler import LoadScopeScheduling

    config.option.loadscopereorder = False  # in the order of the command line, which names the longest first
    scheduler = LoadScopeScheduling(config, log)
    scheduler._split_scope = _process_of
    return scheduler


def _process_of(test: str) -> str:
    """Return the name of what runs in one process, by the id of a test."""
    module = test.split("::", 1)[0]
    alone = module.endswith("test_pages_in_browser.py")  # it needs no Airflow
    return "airflow" if module.startswith("tests/e2e/") and not alone else module
