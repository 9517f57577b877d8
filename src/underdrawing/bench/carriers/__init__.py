"""Every carrier that runs here, side by side in one run."""
