"""Features: what was known of a player at a decision."""
