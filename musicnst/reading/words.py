"""Kinds of text annotations beyond note_seq's chord symbols and beats: what only MIDI files say, carried along so that it can be written again.

The proto keeps numbers that it has no names for, and readers pass over kinds they do not know.
"""

# By kind of meta event: 100 and the kind; plain text is of note_seq's kind `UNKNOWN`.
KINDS = {1: 0, 2: 102, 4: 104, 5: 105, 6: 106, 7: 107}
# By kind of annotation mido's name of its message.
MESSAGES = {102: 'copyright', 104: 'instrument_name', 105: 'lyrics', 106: 'marker', 107: 'cue_marker'}
# 'INSTRUMENT:CHANNEL ...', once; and the bytes of each system exclusive message as hexadecimal digits, without F0 and F7.
CHANNELS, SYSEX = 132, 340
