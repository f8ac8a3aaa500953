"""MIDI, sound, pictures, reports."""
