"""Usage when teammates are out: regressions, their coefficients, and how they hold up. No features, no points."""
