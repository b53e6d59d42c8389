"""What every model room shares: learners, bundles, distributions, time splits."""
