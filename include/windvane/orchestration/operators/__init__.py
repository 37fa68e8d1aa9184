"""The operators, a module a stage: data, train, approval, champion, score, monitor, retrain.

Steps and results are imported when a task runs: a DAG file is parsed every few seconds and needs none of them.
"""
