"""The named estimators, a module each; `windvane.spec.estimators` finds them by their entry point."""
