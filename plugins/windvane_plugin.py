"""Hands Windvane's plugin to Airflow.

The file is not called windvane.py: Airflow registers a plugin file as a module under its own stem, which would hide
the package of that name.
"""

from windvane.orchestration.plugin import WindvanePlugin

__all__ = ["WindvanePlugin"]
