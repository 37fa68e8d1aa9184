"""The kinds of places for artifacts, by the scheme of their URL, one module each; found by an entry point."""
