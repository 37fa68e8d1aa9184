"""The verbs; `windvane.cli.commanding` finds them by the entry point `windvane.commands`."""
