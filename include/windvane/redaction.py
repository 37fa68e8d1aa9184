"""Keep secrets out of what is said: errors, warnings, progress and reasons pass through `redacted`."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from urllib.parse import unquote

HIDDEN = "***"
LONGEST = 4_000
"""Most characters of one message; what libraries and user code raise may hold a whole query or frame."""

_SHORTEST = 10
"""A shorter value of the environment is not searched for: `airflow` is a password in many a trial, and a word."""

_WORDS = r"password|passwd|pwd|secret|token|signature|credential|api_?key|access_?key(?:_?id)?"
_USERINFO = re.compile(r"(//[^\s/:@]*):(\S+)@")
_NAMED = re.compile(rf"""(?i)((?:{_WORDS})['"]?\s*[=:]\s*)('[^']*'|"[^"]*"|[^\s'"&,;(){{}}]+)""")
_AWS_KEY = re.compile(r"\b(AKIA|ASIA)[0-9A-Z]{16}\b")
_SECRET_NAME = re.compile(rf"(?i)(?:{_WORDS}|private_?key)$")
_FOLDERS = ("PWD", "OLDPWD")
"""Names of a shell's folders, which end like that of a password."""


def redacted(text: str, environment: Mapping[str, str] | None = None, longest: int | None = LONGEST) -> str:
    """Return a text without secrets, cut to `longest` characters.

    Hidden are passwords in URLs, values of names such as `password=` or `X-Amz-Signature=`, AWS access keys, and
    every value that the environment holds under such a name or in a URL.

    Args:
        text: What would be said.
        environment: Where secrets are looked up; None for the process's own.
        longest: Most characters returned; None for all.
    """
    for secret in _secrets(os.environ if environment is None else environment):
        text = text.replace(secret, HIDDEN)
    text = _USERINFO.sub(rf"\1:{HIDDEN}@", text)
    text = _NAMED.sub(rf"\1{HIDDEN}", text)
    text = _AWS_KEY.sub(rf"\1{HIDDEN}", text)
    return text if longest is None or len(text) <= longest else text[: longest - 1] + "…"


def _secrets(environment: Mapping[str, str]) -> list[str]:
    """Return what must not be said, the longest first: one may hold another."""
    found = {item for item in _values(environment) if len(item) >= _SHORTEST}
    return sorted(found, key=lambda item: (-len(item), item))


def _values(environment: Mapping[str, str]) -> Iterator[str]:
    for name, value in environment.items():
        if _SECRET_NAME.search(name) and name not in _FOLDERS:
            yield value
        for match in _USERINFO.finditer(value):
            yield from (match[2], unquote(match[2]))
