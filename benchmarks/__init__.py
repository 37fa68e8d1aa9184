"""What Windvane costs, as ratios with both sides in one run."""
