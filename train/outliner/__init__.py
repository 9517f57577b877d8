"""The network that draws the outlines of what was changed: what it is trained on, how, and what becomes of it."""
