"""A change of code, reviewed as pure functions: what it changes, what follows, and the page about it."""
