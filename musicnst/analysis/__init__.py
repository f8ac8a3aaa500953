"""What a piece says: its tune, chords, key, form, and what each track plays. Numpy alone."""
