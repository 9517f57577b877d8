"""The network that guesses the tokens of scale 32 that nobody received, so that a picture gets detail to look at."""
