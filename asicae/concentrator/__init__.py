"""What the chip sends: frames of every algorithm, files of them, and charge maps made of them."""
