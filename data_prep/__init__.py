"""Corpora -> NoteSequence TFRecords -> window TFRecords."""
