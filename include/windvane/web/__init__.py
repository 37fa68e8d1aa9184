"""The Models pages: everything about a model, for people, in the Airflow UI or read-only on the loopback address.

Nothing here imports Airflow: `windvane.orchestration` hands in who may read and act, and what the pages link to.
"""
