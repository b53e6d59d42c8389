"""Running the graph: asset factory, jobs, schedules, sensors, runner, locks, event log."""
