"""What is said holds no secret: neither in errors, nor in reasons that are kept for good."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from windvane.errors import SourceFailed
from windvane.redaction import LONGEST, redacted
from windvane.results import Run

HIDDEN = {
    "a password in a URL": ("cannot reach postgresql://ada:hunter2@db/x now", "hunter2"),
    "a password with an at sign and a slash": ("postgresql://ada:p@ss/w0rd@db/x", "p@ss/w0rd"),
    "a password without a user": ("redis://:hunter2@cache/0", "hunter2"),
    "a quoted URL": ("URL 'mysql://u:hunter2@h/d' is wrong", "hunter2"),
    "a connection string": ("host=db password=hunter2 dbname=x", "hunter2"),
    "a quoted value": ("host=db password='hunter two' dbname=x", "hunter two"),
    "JSON": ('{"aws_secret_access_key": "hunter2"}', "hunter2"),
    "a signed request": ("https://s3/b/k?X-Amz-Signature=hunter2&x=1", "hunter2"),
    "an access key": ("The key AKIAIOSFODNN7EXAMPLE does not exist", "IOSFODNN7EXAMPLE"),
}


@pytest.mark.parametrize("case", HIDDEN)
def test_a_secret_is_hidden(case: str) -> None:
    text, secret = HIDDEN[case]
    assert secret not in redacted(text, {})
    assert "***" in redacted(text, {})


@pytest.mark.parametrize(
    "text",
    [
        "no model 'loan'; did you mean 'loans'? Known: loans",
        "http://127.0.0.1:8080/dags?limit=5",
        "s3://bucket/prefix: the bucket does not exist",
        "column 'token' is text in 3 of 400 rows",
        'FATAL: password authentication failed for user "ada"',
        "windows 2013-02-28T06:00:00 and 2013-02-28T12:00:00",
    ],
)
def test_what_is_no_secret_is_left_as_it_is(text: str) -> None:
    assert redacted(text, {}) == text


def test_values_that_the_environment_holds_are_hidden_wherever_they_turn_up() -> None:
    environment = {
        "AWS_SECRET_ACCESS_KEY": "wJalrXUtnFEMI/K7MDENG",
        "WINDVANE_REGISTRY": "postgresql://ada:canary%2Fpassword@db/x",
        "PATH": "/usr/bin/something",
        "SHORT_TOKEN": "airflow",
        "PWD": "/srv/windvane/project",
        "OLDPWD": "/srv/windvane/project",
    }
    text = "signed with wJalrXUtnFEMI/K7MDENG, as canary/password (canary%2Fpassword) in /usr/bin/something of airflow"
    text += " in /srv/windvane/project"
    assert redacted(text, environment) == (
        "signed with ***, as *** (***) in /usr/bin/something of airflow in /srv/windvane/project"
    )


def test_a_message_is_cut_before_it_drowns_the_reader() -> None:
    assert len(redacted("x" * 1_000_000, {})) == LONGEST
    assert len(redacted("x" * 5_000, {}, longest=None)) == 5_000


def test_errors_and_reasons_hold_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MY_API_KEY", "canary-canary-canary")
    error = SourceFailed("postgresql://u:hunter2@h/d refused canary-canary-canary", "use postgresql://u:hunter2@h/e")
    said = f"{error} {error.args} {error.cause} {error.remedy}"
    assert "hunter2" not in said
    assert "canary" not in said
    run = Run(actor="cli:ada", as_of=datetime(2014, 1, 1, tzinfo=UTC), reason="moved to postgresql://u:hunter2@h/d")
    assert run.reason == "moved to postgresql://u:***@h/d"
