"""MusAE: adversarial autoencoders of several tracks (Valenti, Carta and Bacciu 2020)."""
