"""Sound: our patching of the soundfont before symusic's synthesizer against the synthesizers that read the whole format.

  python benchmarks/synthesizers.py    # 5 minutes; needs pip install midirenderer, pip install --no-deps tinysoundfont

All play TimGM6mb.sf2 (pretty_midi's). Pitch: three keys of each of the 128 programs, fundamental by autocorrelation, right within half a
semitone; `unpatched` is symusic's synthesizer with the soundfont as it is. Controls: whether a pedal, a bend, volume, expression and pan
change the sound as they should. Speed: three minutes of piano, bass and drums.
"""
import argparse
import importlib.metadata
import importlib.util
import io
import os
import tempfile
import time

import mido
import numpy as np
import soundfile

from musicnst import music_proto
from musicnst import pieces
from musicnst.reading import midi as midi_reading
from musicnst.rendering import audio
from musicnst.rendering import midi as midi_writing
from musicnst.rendering import soundfont

RATE = 22050
KEYS = (48, 60, 72)
PEDAL, VOLUME, PAN, EXPRESSION = 64, 7, 10, 11


def ours(sequence, rate=RATE):
  """-> float32 [N, 2]"""
  return audio.synthesize(sequence, rate)


def unpatched(sequence, rate=RATE):
  """The same by symusic with the soundfont as it is."""
  import symusic
  synthesizer = symusic.Synthesizer(sf_path=soundfont.find(), sample_rate=rate, quality=4)
  return np.asarray(synthesizer.render(symusic.Score(_midi(sequence)), stereo=True)).T


def tinysoundfont(sequence, rate=RATE):
  """The same by tinysoundfont, event by event."""
  import tinysoundfont as library
  synthesizer = library.Synth(samplerate=rate)
  font = synthesizer.sfload(soundfont.find())
  pieces_of_sound, now = [], 0
  with tempfile.NamedTemporaryFile(suffix='.mid') as file:
    midi_writing.write(sequence, file.name)
    events = list(mido.MidiFile(file.name))
  for channel in range(16):
    synthesizer.program_select(channel, font, 128 if channel == 9 else 0, 0, channel == 9)
  at = 0.0
  for event in [*events, mido.Message('active_sensing', time=1.0)]:
    at += event.time
    size = round(at * rate) - now
    if size:
      pieces_of_sound.append(np.frombuffer(synthesizer.generate(size), np.float32).reshape(-1, 2).copy())
      now += size
    _send(synthesizer, event)
  return np.concatenate(pieces_of_sound)


def _send(synthesizer, event):
  if event.type == 'note_on' and event.velocity:
    synthesizer.noteon(event.channel, event.note, event.velocity)
  elif event.type in ('note_on', 'note_off'):
    synthesizer.noteoff(event.channel, event.note)
  elif event.type == 'program_change':
    synthesizer.program_change(event.channel, event.program, event.channel == 9)
  elif event.type == 'control_change':
    synthesizer.control_change(event.channel, event.control, event.value)
  elif event.type == 'pitchwheel':
    synthesizer.pitchbend(event.channel, event.pitch + 8192)


def midirenderer(sequence, rate=RATE):
  """The same by midirenderer (rustysynth), which knows one rate: 48 kHz; thinned by averaging where less is wanted."""
  import midirenderer as library
  with open(soundfont.find(), 'rb') as file:
    sound, own = soundfile.read(io.BytesIO(library.render_wave_from(file.read(), _midi(sequence).read_bytes())), dtype='float32')
  places = np.arange(0, len(sound) - 1, own / rate)
  return np.stack([np.interp(places, np.arange(len(sound)), sound[:, side]) for side in (0, 1)], 1).astype(np.float32)


def _midi(sequence):
  """Path of a MIDI file of the sequence."""
  import pathlib
  path = pathlib.Path(tempfile.gettempdir()) / f'synthesizers-{os.getpid()}.mid'
  midi_writing.write(sequence, path)
  return path


SYNTHESIZERS = {'ours': ours, 'unpatched': unpatched, 'tinysoundfont': tinysoundfont, 'midirenderer': midirenderer}


def scale(program):
  """A sequence of the three keys, a second each."""
  sequence = music_proto.NoteSequence(ticks_per_quarter=480)
  for i, pitch in enumerate(KEYS):
    sequence.notes.add(pitch=pitch, velocity=80, start_time=i, end_time=i + .9, program=program)
  return sequence


def hertz(sound, rate):
  """By autocorrelation: the first lag at which the sound is nearly itself again; 0 where there is none."""
  spectrum = np.fft.rfft(sound, 2 * len(sound))
  same = np.fft.irfft(np.abs(spectrum) ** 2)[:rate // 40]
  start = int(np.argmax(same < 0))
  lags = same[start:]
  peaks = (lags[1:-1] > lags[:-2]) & (lags[1:-1] >= lags[2:]) & (lags[1:-1] > .8 * lags.max())
  return rate / (start + 1 + int(np.argmax(peaks))) if peaks.any() else 0.0


def right_programs(synthesize):
  """The programs that sound all three keys within half a semitone."""
  right = []
  for program in range(128):
    sound = np.nan_to_num(synthesize(scale(program)).mean(1))
    found = [hertz(sound[int((i + .1) * RATE):int((i + .8) * RATE)], RATE) for i in range(len(KEYS))]
    wanted = [440 * 2 ** ((pitch - 69) / 12) for pitch in KEYS]
    right += [program] * all(abs(np.log2(max(hz, 1) / want)) < 1 / 24 for hz, want in zip(found, wanted, strict=True))
  return right


def controls(synthesize):
  """Dict of control -> whether it is heard."""
  def sound(length=1.0, bend=0, **changes):
    sequence = music_proto.NoteSequence(ticks_per_quarter=480)
    sequence.notes.add(pitch=69, velocity=80, start_time=.1, end_time=.1 + length, program=73)
    sequence.notes.add(pitch=81, velocity=80, start_time=2.5, end_time=3, program=0, instrument=1)  # untouched: what levels are measured by
    for name, value in changes.items():
      sequence.control_changes.add(time=0, control_number=globals()[name], control_value=value, program=73)
    if bend:
      sequence.pitch_bends.add(time=0, bend=bend, program=73)
    return synthesize(sequence)[int(.3 * RATE):int(.9 * RATE)]

  def level(**changes):
    return float(np.sqrt((sound(**changes) ** 2).mean()))

  plain = level()
  left = sound(PAN=0)
  return {'pedal': level(length=.1, PEDAL=127) > 3 * level(length=.1), 'volume': level(VOLUME=30) < .5 * plain,
          'expression': level(EXPRESSION=30) < .5 * plain, 'pan': float(np.abs(left[:, 0]).mean()) > 3 * float(np.abs(left[:, 1]).mean()),
          'bend': abs(12 * np.log2(hertz(sound(bend=8191).mean(1), RATE) / 440) - 2) < .3}


def band():
  """Auld Lang Syne (piano, bass, drums) twice in a row."""
  sequence = midi_reading.read(pieces.path('auld_lang_syne'))
  length = sequence.total_time
  for note in list(sequence.notes):
    again = sequence.notes.add()
    again.CopyFrom(note)
    again.start_time, again.end_time = note.start_time + length, note.end_time + length
  sequence.total_time = 2 * length
  return sequence


def main():
  argparse.ArgumentParser(description=__doc__.split('\n', 1)[0]).parse_args()
  for package in ('symusic', 'tinysoundfont', 'midirenderer'):
    print(package, importlib.metadata.version(package) if importlib.util.find_spec(package) else 'is not installed')
  print('\n| synthesizer | programs at pitch | heard | not heard | same twice | 3 minutes | times ours | peak of one note |\n'
        '|---|---|---|---|---|---|---|---|')
  piece, first = band(), None
  for name, synthesize in SYNTHESIZERS.items():
    if name in ('tinysoundfont', 'midirenderer') and not importlib.util.find_spec(name):
      continue
    found = controls(synthesize)
    start = time.perf_counter()
    once = synthesize(piece, 44100)
    seconds = time.perf_counter() - start
    first = first or seconds
    heard, unheard = (', '.join(control for control, is_heard in found.items() if is_heard == wanted) or 'none' for wanted in (True, False))
    note = np.abs(np.nan_to_num(synthesize(scale(0)))).max()
    print(f'| {name} | {len(right_programs(synthesize))} of 128 | {heard} | {unheard} | {np.array_equal(once, synthesize(piece, 44100))} | '
          f'{seconds:.2f} s | {seconds / first:.1f} | {note:.3f} |', flush=True)


if __name__ == '__main__':
  main()
