"""Steps from any older state of the database to what it is now."""
