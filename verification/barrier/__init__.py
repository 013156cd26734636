"""Activations held between two layers."""
