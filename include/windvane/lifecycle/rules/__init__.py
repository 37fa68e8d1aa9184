"""The built-in gate rules, a module each: what a rule declares, what it needs, and how it judges.

A new kind is one module here (or in another package, by the entry point `windvane.rules`) and its test. The modules
are imported when a DAG file is parsed, so they import numbers' libraries inside functions.
"""

from __future__ import annotations

from windvane.lifecycle.rules.case import Case, verdict
from windvane.lifecycle.rules.combining import judged

__all__ = ["Case", "judged", "verdict"]
