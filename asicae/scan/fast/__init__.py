"""Area and energy without synthesis: a linear model, fitted on chips that were synthesised."""
