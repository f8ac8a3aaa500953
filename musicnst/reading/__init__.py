"""Files -> NoteSequences, and musical time: seconds <-> beats."""
