"""What a picture goes through on its way through the world, as data."""
