"""Transfer with latent models of tokens, such as Magenta's MusicVAE checkpoints."""
