"""What every room stands on: errors, files, checked values, processes; no detector, no chip."""
