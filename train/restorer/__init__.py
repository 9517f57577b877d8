"""Training of the conditional Transformer, and of the decoder together with it."""
