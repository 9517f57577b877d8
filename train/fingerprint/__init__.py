"""The network behind the fingerprint of the visible picture: what it is trained on, how, and what becomes of it."""
