"""`verify-no-leak`: everything about a home's honesty that a stranger can check, one verdict each."""
