"""Rates: per-minute means of nine statistics for everybody on a slate, and the box scores that they make with minutes."""
