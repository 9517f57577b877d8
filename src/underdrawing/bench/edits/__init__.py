"""Forgeries: where a picture is changed, and what is put there."""
