"""The contest: every system through the same pictures, edits and attacks, and what came of it."""
