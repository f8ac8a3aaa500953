"""What a piece is to a transfer: its grid, notes and roll, what is decided about them, and the way back to a NoteSequence."""
