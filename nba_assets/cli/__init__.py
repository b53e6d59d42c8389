"""The command line: `nba-assets …`, a module a command group."""
