"""Hands Windvane's plugin to Airflow where Windvane is on the path and not installed, as in an Astro project.

An installed Windvane needs no file: Airflow finds the plugin by its entry point. Where both are, this file stays
silent, since Airflow lists a plugin that comes twice as an error.

The file is not called windvane.py: Airflow registers a plugin file as a module under its own stem, which would hide
the package of that name.
"""

from importlib.metadata import entry_points

if not entry_points(group="airflow.plugins", name="windvane"):
    from windvane.orchestration.plugin import WindvanePlugin

    __all__ = ["WindvanePlugin"]
