"""The built-in gate rules, a module each: what a rule declares, what it needs, and how it judges.

A new kind is one module here (or in another package, by the entry point `windvane.rules`) and its test. A DAG
file's parse imports the modules of the rules that it names. So they import numbers' libraries inside functions, and
name records as `results.Verdict`: a record's module is imported when the record is made.
"""

from __future__ import annotations

from windvane.lifecycle.rules.case import Case, verdict
from windvane.lifecycle.rules.combining import judged

__all__ = ["Case", "judged", "verdict"]
