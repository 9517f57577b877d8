"""The network that gives what is painted from a code the texture that the code does not tell."""
