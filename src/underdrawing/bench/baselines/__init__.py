"""What others do, for the same run: hashes, inpainting, fragile self-embedding; and what they have published."""
