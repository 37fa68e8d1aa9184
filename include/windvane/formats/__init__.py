"""The formats in which fitted estimators are kept, one module each; found by the entry point `windvane.formats`."""
