"""Reference data: teams, and the players that a name can mean."""
