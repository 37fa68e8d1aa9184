"""The named estimators, one module each; `windvane.spec.estimators` finds them by the entry point `windvane.estimators`."""
