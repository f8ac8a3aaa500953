"""The scores, one file a piece; each holds a `PIECE`."""
