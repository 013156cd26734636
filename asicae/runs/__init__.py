"""Run folders: settings, stages, and what makes a run."""
