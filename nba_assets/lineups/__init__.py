"""Lineups: skills known before a season, archetypes, matchups, and Bayesian models of the points of a possession."""
