"""The samplers that Windvane brings, one module each; other packages bring theirs by `windvane.samplers`."""
