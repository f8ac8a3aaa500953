"""MusicVAE (Roberts et al., 2018) and its polyphonic relatives."""
