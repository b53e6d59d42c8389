"""The five positions, as sources list them."""

POSITIONS = ("PG", "SG", "SF", "PF", "C")
