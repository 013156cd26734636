"""Run folders to pages and plots."""
