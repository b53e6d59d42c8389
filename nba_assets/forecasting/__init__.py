"""Inference on a slate: every registered model on the same rows, their bets, and scenarios."""
