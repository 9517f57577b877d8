"""Pure functions that score: how alike pictures are, how well a decision matches the truth."""
