"""A chip and its twin in step, of which one is upset: what an upset does."""
