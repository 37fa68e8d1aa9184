"""The monitor's checks, one kind a module: what it needs, how it is shown, and how it answers."""
