"""A search for parameters as pure functions: folds, one trial, the race, the next proposal, and the choice."""
