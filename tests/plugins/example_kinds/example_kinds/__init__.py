"""Kinds for Windvane that another package brings: one of each."""
