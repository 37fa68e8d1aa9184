"""The example models' own code: how their rows are read, what is expected of them, and what is trained."""
