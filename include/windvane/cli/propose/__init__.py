"""Propose a first spec from a file of data: look at it, guess, render the files, put them in place."""
