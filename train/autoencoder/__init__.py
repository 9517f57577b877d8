"""The small autoencoder of the attack suite: it writes pictures anew from little."""
