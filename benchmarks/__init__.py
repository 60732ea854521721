"""The benchmark suite: gofer, its peers and the physical limits, side by side in one run."""
