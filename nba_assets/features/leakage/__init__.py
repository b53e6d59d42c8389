"""The leak harness and its negative controls."""
