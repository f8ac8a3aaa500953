"""Melody, drums and trio against Magenta: its converters' own tensors, and note_seq's event sequences on real and random music.

`tests/fixtures/magenta_data.npz` holds, for three of Magenta's configs, the notes of the first sequences (sequence, pitch, velocity,
start and end seconds, instrument, program, is_drum) with the tensors that Magenta 2.1.4 made of them (packed bits), and decoded tokens
with the notes that it made of those.
"""
import pathlib

import numpy as np
import pytest

from musicnst import errors
from musicnst import music_proto
from musicnst.representations import converter_map
from musicnst.representations import melody
from musicnst.representations import testing

CASES = {
    'cat-mel_2bar_big': ('melody', {'steps': 32, 'programs': melody.MELODY_PROGRAMS}),
    'cat-drums_2bar_small': ('drums', {'steps': 32}),
    'hierdec-trio_16bar': ('trio', {'steps': 256}),
}


@pytest.fixture(scope='module')
def fixture():
  with np.load(pathlib.Path(__file__).parents[1] / 'fixtures' / 'magenta_data.npz') as data:
    return dict(data)


def _sequence(notes):
  sequence = music_proto.NoteSequence(ticks_per_quarter=220)
  sequence.tempos.add(qpm=120.)
  sequence.time_signatures.add(numerator=4, denominator=4)
  for pitch, velocity, start, end, instrument, program, is_drum in notes:
    sequence.notes.add(pitch=int(pitch), velocity=int(velocity), start_time=start, end_time=end, instrument=int(instrument),
                       program=int(program), is_drum=bool(is_drum))
  sequence.total_time = max(n.end_time for n in sequence.notes)
  return sequence


def _unpacked(fixture, key):
  shape = fixture[f'{key}_shape']
  return np.unpackbits(fixture[key], count=int(np.prod(shape))).reshape(shape)


@pytest.mark.parametrize('config', sorted(CASES))
def test_windows_equal_magentas_tensors(fixture, config):
  converter = converter_map.build(CASES[config][0], **CASES[config][1])
  inputs, outputs = (_unpacked(fixture, f'{config}/{k}_sequence') for k in ('input', 'output'))
  notes = fixture[f'{config}/notes']
  for i in range(len(outputs)):
    window, = converter.to_windows(_sequence(notes[notes[:, 0] == i, 1:]))
    np.testing.assert_array_equal(window.inputs, inputs[i])
    np.testing.assert_array_equal(window.outputs, outputs[i])


@pytest.mark.parametrize('config', sorted(CASES))
def test_decoded_tokens_give_magentas_notes(fixture, config):
  converter = converter_map.build(CASES[config][0], **CASES[config][1])
  notes, tokens = fixture[f'{config}/decoded_notes'], fixture[f'{config}/decode_tokens']
  for i, steps in enumerate(tokens):
    columns = steps.reshape(converter.steps, -1).T
    hot = np.concatenate([np.eye(d)[c] for c, d in zip(columns, converter.categorical_depths, strict=True)], axis=1)
    decoded = converter.from_windows(hot[None])
    ours = sorted((n.instrument, n.start_time, n.pitch, n.velocity, n.end_time, n.program, n.is_drum) for n in decoded.notes)
    theirs = sorted((n[4], n[2], n[0], n[1], n[3], n[5], n[6]) for n in notes[notes[:, 0] == i, 1:])
    np.testing.assert_allclose(np.array(ours, np.float64), np.array(theirs, np.float64), rtol=0, atol=1e-9)


def test_whole_fixtures(shared):
  """The same for every sequence of the fixtures, not only the copied ones."""
  import json
  for config, (name, arguments) in CASES.items():
    root, converter = shared / 'fixtures' / 'magenta' / config, converter_map.build(name, **arguments)
    golden, batch = np.load(root / 'golden.npz'), json.loads((root / 'config.json').read_text())['batch_sources']
    sequences = {s['id']: s for s in json.loads((root / 'note_sequences.json').read_text())}
    for i, source in enumerate(batch):
      window, = converter.to_windows(_sequence(sequences[source]['notes']))
      np.testing.assert_array_equal(window.inputs, golden['input_sequence'][i])
      np.testing.assert_array_equal(window.outputs, golden['output_sequence'][i])


def _note_seq_melodies(sequence, gap_bars):
  """(start step, events) of each melody as Magenta's pipeline draws them with note_seq: instrument by instrument, on from each end."""
  import note_seq
  quantized = note_seq.quantize_note_sequence(sequence, 4)
  kept = [n for n in quantized.notes if 21 <= n.pitch <= 108]
  del quantized.notes[:]
  quantized.notes.extend(kept)
  for instrument in sorted({n.instrument for n in quantized.notes}):
    search = 0
    while True:
      tune = note_seq.Melody()
      tune.from_quantized_sequence(quantized, search_start_step=search, instrument=instrument, gap_bars=gap_bars,
                                   ignore_polyphonic_notes=True, pad_end=True)
      if not len(tune):
        break
      search = tune.end_step + -tune.end_step % 16
      yield tune


def _note_seq_windows(sequence, steps, gap_bars):
  from note_seq import melody_encoder_decoder
  one_hot = melody_encoder_decoder.MelodyOneHotEncoding(21, 109)
  found = []
  for tune in _note_seq_melodies(sequence, gap_bars):
    for end in range(steps, len(tune) + 1, 16):
      found.append((tune.start_step + end - steps, [one_hot.encode_event(e) for e in tune[end - steps:end]]))
  return found


def _assert_same_melodies(sequence, steps, gap_bars):
  expected = _note_seq_windows(sequence, steps, gap_bars)
  try:
    windows = converter_map.build('melody', steps=steps, gap_bars=gap_bars).to_windows(sequence)
  except errors.RejectedSequence as error:
    assert not expected and error.reason in ('no_melody', 'shorter_than_window')
    return 0
  assert [w.start_step for w in windows] == [start for start, _ in expected]
  np.testing.assert_array_equal([np.argmax(w.outputs, axis=1) for w in windows], [tokens for _, tokens in expected])
  return len(windows)


def _random_sequence(seed):
  """Overlapping notes of three instruments with long rests, off the grid, also out of range."""
  random = np.random.default_rng(seed)
  sequence = testing.sequence([], qpm=float(random.integers(40, 200)))
  for instrument in range(3):
    at, notes = 0., []
    for _ in range(int(random.integers(0, 60))):
      at += float(random.choice([0., .25, .5, random.random(), random.random() * 14], p=[.25, .25, .2, .25, .05]))
      notes.append((int(random.integers(15, 115)), at, at + float(random.choice([.1, .5, random.random() * 3, 9], p=[.2, .4, .35, .05]))))
    testing.add(sequence, notes, instrument=instrument)
  return sequence


@pytest.mark.parametrize('seed', range(25))
def test_melodies_of_random_music_equal_note_seqs(seed):
  for steps, gap_bars in ((16, 1.0), (32, 2.0), (32, float('inf'))):
    _assert_same_melodies(_random_sequence(seed), steps, gap_bars)


@pytest.mark.parametrize('seed', range(10))
def test_drums_of_random_music_equal_note_seqs(seed):
  import note_seq
  from note_seq import drums_encoder_decoder
  random = np.random.default_rng(seed)
  at, notes = 0., []
  for _ in range(80):
    at += float(random.choice([0., .25, random.random(), random.random() * 12], p=[.3, .3, .35, .05]))
    notes.append((int(random.integers(25, 90)), at, at + .1))
  sequence = testing.sequence(notes, qpm=97., instrument=9, is_drum=True)
  one_hot = drums_encoder_decoder.MultiDrumOneHotEncoding()
  known = {p for pitches in drums_encoder_decoder.DEFAULT_DRUM_TYPE_PITCHES for p in pitches}
  quantized = note_seq.quantize_note_sequence(sequence, 4)
  kept = [n for n in quantized.notes if n.pitch in known]
  del quantized.notes[:]
  quantized.notes.extend(kept)
  expected, search = [], 0
  while True:
    track = note_seq.DrumTrack()
    track.from_quantized_sequence(quantized, search_start_step=search, gap_bars=1.0, pad_end=True)
    if not len(track):
      break
    search = track.end_step + -track.end_step % 16
    for end in range(32, len(track) + 1, 16):
      expected.append((track.start_step + end - 32, [one_hot.encode_event(e) for e in track[end - 32:end]]))
  windows = converter_map.build('drums').to_windows(sequence)
  assert [w.start_step for w in windows] == [start for start, _ in expected]
  np.testing.assert_array_equal([np.argmax(w.outputs, axis=1) for w in windows], [tokens for _, tokens in expected])


def test_melodies_of_real_files_equal_note_seqs(shared):
  import note_seq
  total = 0
  for folder in ('nottingham', 'pop909', 'karaoke'):
    paths = sorted((shared / 'data' / folder).rglob('*.mid'))
    for path in paths[::max(1, len(paths) // 4)][:4]:
      sequence = note_seq.midi_file_to_note_sequence(str(path))
      del sequence.time_signatures[:]
      del sequence.tempos[1:]
      sequence.tempos[0].time = 0
      total += _assert_same_melodies(sequence, 32, 1.0)
  assert total > 1000


def _trio_windows(sequence, num_bars, gap_bars=2):
  """Magenta's rules for a trio, bar by bar in loops: (start step, bool [3 parts]) of every window of a group of instruments."""
  total_bars = int(np.ceil(max(n.end_time for n in sequence.notes) * 2 / 4))
  sounding = {}
  for note in sequence.notes:
    kind = 'drums' if note.is_drum else 'melody' if note.program < 32 else 'bass'
    start, end = (int(t * 8 + .5) for t in (note.start_time, note.end_time))
    for bar in range(start // 16, int(np.ceil(max(end, start + 1) / 16))):
      sounding.setdefault((kind, note.instrument), set()).add(bar)
  found = []
  for group in [(m, b, d) for m in sorted(sounding) for b in sorted(sounding) for d in sorted(sounding)
                if (m[0], b[0], d[0]) == ('melody', 'bass', 'drums')]:
    covered = [{b for b in range(total_bars) if any(abs(b - s) <= gap_bars for s in sounding[i])} for i in group]
    together = set.intersection(*covered)
    for edge in (range(gap_bars), range(total_bars - gap_bars, total_bars)):
      anyone = set.union(*covered) & set(edge)
      together = (together - set(edge)) | (set(edge) if anyone else set())
    found += [(first * 16, ' '.join(str(i) for _, i in group)) for first in range(total_bars - num_bars + 1)
              if all(b in together for b in range(first, first + num_bars))]
  return found


@pytest.mark.parametrize('seed', range(8))
def test_trio_windows_begin_where_magentas_do(seed):
  random = np.random.default_rng(seed)
  sequence = testing.sequence([])
  for instrument, (program, is_drum) in enumerate([(0, False), (25, False), (33, False), (0, True)]):
    bars = np.nonzero(random.random(40) < random.choice([.2, .4, .9]))[0]
    notes = [(40, bar * 4 + float(random.integers(0, 16)) / 4, bar * 4 + 4 + float(random.integers(1, 30)) / 4) for bar in bars]
    testing.add(sequence, notes, program=program, instrument=instrument, is_drum=is_drum)
  expected = _trio_windows(sequence, 4)
  try:
    windows = converter_map.build('trio', steps=64).to_windows(sequence)
  except errors.RejectedSequence:
    windows = []
  assert [(w.start_step, w.labels['instruments']) for w in windows] == expected
