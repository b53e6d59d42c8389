"""NBA forecasting as one Dagster asset graph: walk-forward, leak-free, graded against baseline and bookmaker."""
