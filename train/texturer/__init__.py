"""The network that tells how strong the texture is that a code does not tell."""
