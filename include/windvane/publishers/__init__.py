"""The kinds of places for scores, one module each; `windvane.spec.publish` finds them by their entry point."""
