"""Real servers for the tests, started from installed packages on free ports."""
