"""The verbs, a module or a few functions each; `windvane.cli.commanding` finds them by the entry point `windvane.commands`."""
