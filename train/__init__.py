"""Training of the networks that the package ships. Not part of the wheel."""
