"""The operators, a module a stage: data, train, approval, champion, score, monitor, retrain."""
