"""Points models: training at a cutoff, bundles, predictions of slates."""
