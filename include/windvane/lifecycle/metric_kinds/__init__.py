"""The kinds of metrics, one module each or a small family; `windvane.spec.metrics` finds them by an entry point."""
