"""Who offers lines: sportsbooks, whose prices tell what they think, and pick'em operators, who pay the same for either side."""

import polars as pl

# Their names in lower case, letters only.
PICKEM_OPERATORS = ("betr", "boompicks", "chalkboard", "dabble", "parlayplay", "prizepicks", "sleeper", "underdog")


def is_pickem(bookmaker: str = "bookmaker") -> pl.Expr:
    """Return whether a line is of a pick'em operator; null where there is no bookmaker."""
    plain = pl.col(bookmaker).str.to_lowercase().str.replace_all(r"[^a-z]", "")
    return plain.is_in(PICKEM_OPERATORS)
