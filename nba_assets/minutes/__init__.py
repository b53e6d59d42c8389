"""Minutes: the chance that a player plays, and how long if so, for everybody on a slate."""
