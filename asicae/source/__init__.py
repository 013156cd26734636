"""The synthetic detector: particles, showers, pileup and front end from one seed."""
