"""Method guided: statistics of the style piece and its genre through residual decoding, on a budget of change."""
