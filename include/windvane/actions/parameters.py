"""What the actions ask for: each parameter once, for forms, options and DAG params."""

from __future__ import annotations

from dataclasses import replace

from windvane.actions.row import Parameter

VERSION = Parameter("version", "Version", "A version's number, such as 3", "version", longest=9)
EARLIER = replace(VERSION, help="One that was champion before, such as 3", among="earlier")
STAGED = replace(VERSION, help="The one that is being promoted in stages, such as 3", among="staged")
WINDOW = Parameter("window", "Window", "Key of the window, such as 2013-03", "window", longest=32)
REASON = Parameter("reason", "Reason", "Why; kept in the audit log with your name")
REPLACE = Parameter(
    "replace",
    "Replace",
    "Let the champion's scores take the place of published ones of another version; the reason says why",
    "flag",
    required=False,
)
