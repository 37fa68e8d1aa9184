"""Pure lifecycle functions: frames and specs in, results out; no input, no output, no clock."""
