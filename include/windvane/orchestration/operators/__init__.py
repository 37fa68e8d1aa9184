"""The operators, a module a stage: data, train, approval, score, monitor, retrain, rollback."""
