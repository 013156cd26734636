"""How close decoded charges are to those that entered the concentrator."""
