"""Experiments: predictions against results, baselines and lines."""
