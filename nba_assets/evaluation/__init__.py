"""Grades, metrics, monitoring, promotion and verification."""
