"""The triplicated weight store under upsets."""
