"""The Python API: a project's models for notebooks, scripts and tasks, by the same steps as everywhere.

`windvane.open(".")` opens a project. Every answer has a plain `repr`, an HTML one for Jupyter, and the record that
the command line's `--json` prints as `record`.
"""
