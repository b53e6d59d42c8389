"""Stores: the warehouse of tables, the artifacts of models, SQL in one dialect."""
