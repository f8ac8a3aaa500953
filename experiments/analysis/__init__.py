"""What the analyses of `musicnst/analysis` are trained on and measured by: tune, roles of tracks, chords, keys, form."""
