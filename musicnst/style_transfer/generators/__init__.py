"""Transfer with trained models of genres: CycleGAN and MusAE."""
