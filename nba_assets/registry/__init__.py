"""The registry of models: its rules, the loader of model files, and the service that changes it."""
