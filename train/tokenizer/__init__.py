"""Training of the tokenizer: ``python -m train.tokenizer --help``."""
