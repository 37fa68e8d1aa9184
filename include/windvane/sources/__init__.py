"""The kinds of sources, one module each; `windvane.spec.source` finds them by the entry point `windvane.sources`."""
