"""Long measurements, and the one schema of their records in docs/results."""
