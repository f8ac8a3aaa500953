"""Bits, grooves, chords and several tracks against the tensors and notes that Magenta 2.1.4's own converters made.

`tests/fixtures/magenta_converters.npz` holds, for ten of its configs, made-up music (notes as sequence, pitch, velocity, start and end
seconds, instrument, program, is_drum; chord symbols), the tensors of its first windows, and tokens drawn at random with the notes and
chord symbols that Magenta wrote for them.
"""
import pathlib

import note_seq
import numpy as np
import pytest
from note_seq import chord_inference as note_seq_inference

from musicnst import configs
from musicnst import errors
from musicnst import music_proto
from musicnst.representations import chord_inference
from musicnst.representations import chords
from musicnst.representations import converter_map
from musicnst.representations import performance
from musicnst.representations import testing

NAMES = (
    'nade-drums_2bar_reduced', 'nade-drums_2bar_full', 'cat-mel_2bar_med_chords', 'groovae_4bar', 'groovae_2bar_humanize',
    'groovae_2bar_tap_fixed_velocity', 'groovae_2bar_add_closed_hh', 'groovae_2bar_hits_control_tfds', 'hier-multiperf_vel_1bar_med',
    'hier-multiperf_vel_1bar_med_chords')


@pytest.fixture(scope='module')
def fixture():
  with np.load(pathlib.Path(__file__).parents[1] / 'fixtures' / 'magenta_converters.npz') as data:
    return dict(data)


def _array(fixture, key):
  if f'{key}_shape' not in fixture:
    return fixture[key]
  shape = fixture[f'{key}_shape']
  return np.unpackbits(fixture[key], count=int(np.prod(shape))).reshape(shape)


def _music(fixture, name, index):
  notes = fixture[f'{name}/notes']
  sequence = music_proto.NoteSequence(ticks_per_quarter=220)
  sequence.tempos.add(qpm=float(fixture[f'{name}/qpm_{index}']))
  sequence.time_signatures.add(numerator=4, denominator=4)
  for pitch, velocity, start, end, instrument, program, is_drum in notes[notes[:, 0] == index, 1:]:
    sequence.notes.add(pitch=int(pitch), velocity=int(velocity), start_time=start, end_time=end, instrument=int(instrument),
                       program=int(program), is_drum=bool(is_drum))
  sequence.total_time = max(note.end_time for note in sequence.notes)
  for line in fixture[f'{name}/chords'].tolist():
    which, time, symbol = line.split(' ')
    if int(which) == index:
      sequence.text_annotations.add(annotation_type=chords.CHORD_SYMBOL, time=float(time), text=symbol)
  return sequence


def _cells(array):
  return np.asarray(array, np.float32).tobytes()


@pytest.mark.parametrize('name', NAMES)
def test_windows_equal_magentas_tensors(fixture, name):
  converter = configs.get(name).build_converter()
  inputs, outputs = _array(fixture, f'{name}/inputs'), _array(fixture, f'{name}/outputs')
  controls = _array(fixture, f'{name}/controls') if converter.control_depth else [()] * len(inputs)
  key = lambda *arrays: tuple(_cells(array) for array in arrays)
  for index in range(2):
    if f'{name}/qpm_{index}' not in fixture:
      continue
    own = fixture[f'{name}/sequence'] == index
    theirs = [key(i, o, c, n) for i, o, c, n, mine in zip(inputs, outputs, controls, fixture[f'{name}/lengths'], own) if mine]
    try:
      windows = converter.to_windows(_music(fixture, name, index))
    except errors.RejectedSequence:
      windows = []
    ours = [key(w.inputs, w.outputs, () if w.controls is None else w.controls, np.atleast_1d(w.length)) for w in windows]
    if 'multiperf' in name or 'groovae' in name:
      assert ours[:len(theirs)] == theirs
    else:  # Magenta gives these in no order, and each once
      assert set(theirs) <= set(ours) and (len(theirs) == 8 or len(set(ours)) == len(theirs))


@pytest.mark.parametrize('name', NAMES)
def test_tokens_give_magentas_notes(fixture, name):
  converter, written = configs.get(name).build_converter(), fixture[f'{name}/written']
  outputs = np.eye(converter.output_depth)[written] if written.ndim == 1 else written
  more = {}
  if f'{name}/written_controls' in fixture:
    more['controls'] = np.eye(chords.DEPTH)[fixture[f'{name}/written_controls']][None]
  decoded = converter.from_windows(outputs[None], **more)
  notes = sorted((n.start_time, n.instrument, n.pitch, n.velocity, n.end_time, n.program, n.is_drum) for n in decoded.notes)
  theirs = sorted((n[2], n[4], n[0], n[1], n[3], n[5], n[6]) for n in fixture[f'{name}/decoded_notes'].tolist())
  np.testing.assert_allclose(np.array(notes, np.float64), np.array(theirs, np.float64), rtol=0, atol=1e-9)
  lines = [line.split(' ') for line in fixture[f'{name}/decoded_chords'].tolist()]
  assert [a.text for a in decoded.text_annotations] == [symbol for _, symbol in lines]
  np.testing.assert_allclose([a.time for a in decoded.text_annotations], [float(time) for time, _ in lines], atol=1e-9)


@pytest.mark.slow
@pytest.mark.parametrize('make', [testing.chords, testing.melody, testing.band])
def test_inferred_chords_are_note_seqs(make):
  for seed in range(3):
    sequence = make(9, seed)
    quantized = note_seq.quantize_note_sequence(sequence, 4)
    note_seq_inference.infer_chords_for_sequence(quantized)
    assert chord_inference.infer(sequence, 4) == [(a.time, a.text) for a in quantized.text_annotations]


def test_classes_of_chord_symbols_are_note_seqs():
  encoding = note_seq.TriadChordOneHotEncoding()
  for symbol in ('N.C.', 'C', 'Am7', 'F#dim', 'Ebmaj7', 'Gaug', 'Bb/D', 'Dm', 'C+', 'Abm7b5', 'Db9', 'B13', 'Cmaj7#11', 'E6', 'Fm(maj7)'):
    try:
      expected = encoding.encode_event(symbol)
    except note_seq.ChordSymbolError:
      with pytest.raises(errors.RejectedSequence, match='unknown_chord'):
        chords.class_of(symbol)
      continue
    assert chords.class_of(symbol) == expected, symbol
  assert [chords.symbol_of(i) for i in range(49)] == [encoding.decode_event(i) for i in range(49)]
  for bad in ('H7', 'Csus4', 'C5'):
    with pytest.raises(errors.RejectedSequence, match='unknown_chord'):
      chords.class_of(bad)


def test_two_chords_at_once_are_rejected():
  sequence = testing.melody(4)
  for symbol in ('C', 'Dm'):
    sequence.text_annotations.add(annotation_type=chords.CHORD_SYMBOL, time=1.0, text=symbol)
  with pytest.raises(errors.RejectedSequence, match='coincident_chords'):
    converter_map.build('melody', chords=True).to_windows(sequence)


def test_events_of_a_bar_are_note_seqs():
  """A bar's tokens against note_seq's MetricPerformance on the same notes."""
  from note_seq import performance_encoder_decoder, performance_lib
  encoding = performance_encoder_decoder.PerformanceOneHotEncoding(8, 96)
  for seed in range(5):
    quantized = note_seq.quantize_note_sequence(testing.chords(1, seed), 24)
    track = performance_lib.MetricPerformance(quantized, num_velocity_bins=8)
    notes = [performance.Note(n.quantized_start_step, n.quantized_end_step, n.pitch, n.velocity)
             for n in sorted(quantized.notes, key=lambda n: (n.start_time, n.pitch))]
    tokens = performance.encode(notes)
    assert tokens == [encoding.encode_event(event) for event in track]
    assert performance.starts(tokens) == track.steps and performance.duration(tokens) == track.num_steps
    for steps in (30, 96, 200):
      track.set_length(steps)
      tokens = performance.fitted(tokens, steps)
      assert tokens == [encoding.encode_event(event) for event in track]
    theirs = [(round(n.start_time * 48), round(n.end_time * 48), n.pitch, n.velocity) for n in track.to_sequence().notes]
    assert [tuple(note) for note in performance.decode(tokens)] == theirs


def test_a_piece_in_bars_keeps_every_bar():
  converter = converter_map.build('multitrack', continuous=True)
  whole = testing.band(3, 1)
  windows = converter.to_windows(whole)
  assert [w.start_step for w in windows] == [0, 96, 192]
  silent = music_proto.NoteSequence()
  silent.CopyFrom(whole)
  kept = [n for n in whole.notes if not 2 <= n.start_time < 4]
  del silent.notes[:]
  silent.notes.extend(kept)
  assert converter.to_windows(silent)[1].length == (1,) * 8
  # In several bars a track keeps its instrument where others come and go.
  outputs = np.stack([w.outputs for w in windows])
  outputs[1, :64], outputs[1, 64:128] = outputs[0, 64:128], 0
  outputs[1, 64, 489] = 1
  decoded = converter.from_windows(outputs)
  assert len({(n.instrument, n.program, n.is_drum) for n in decoded.notes}) == len({n.instrument for n in decoded.notes})


def test_note_dropout_is_the_same_at_each_reading_and_only_takes_away():
  arguments = {'steps': 64, 'max_note_dropout_probability': .8}
  music = testing.groove(16, 3)
  first, second = (converter_map.build('groove', **arguments).to_windows(music) for _ in range(2))
  for a, b in zip(first, second, strict=True):
    np.testing.assert_array_equal(a.inputs, b.inputs)
    assert ((a.inputs == a.outputs) | (a.inputs == 0)).all()
  # A piece's chance is uniform in 0 to .8, a note's is that times 1 - velocity (at least .2): .4 (1 - velocity) over many pieces.
  softness, gone = [], []
  for seed in range(150):
    for window in converter_map.build('groove', **arguments).to_windows(testing.groove(4, seed)):
      hits = window.outputs[:, :9] > 0
      softness.append(1 - window.outputs[:, 9:18][hits])
      gone.append(window.inputs[:, :9][hits] == 0)
  softness, gone = np.concatenate(softness), np.concatenate(gone)
  for low, high in ((0, .2), (.2, .5), (.5, .9)):
    some = (softness >= low) & (softness < high)
    assert some.sum() > 500 and gone[some].mean() == pytest.approx(.4 * np.maximum(softness[some], .2).mean(), abs=.03)
  for window in converter_map.build('groove', continuous=True, **arguments).to_windows(music):
    np.testing.assert_array_equal(window.inputs, window.outputs)


def test_split_instruments_are_the_same_grid_drum_by_drum():
  music = testing.groove(4, 5)
  whole = converter_map.build('groove', steps=32).to_windows(music)
  split = converter_map.build('groove', steps=288, split_instruments=True, hits_as_controls=True).to_windows(music)
  for a, b in zip(whole, split, strict=True):
    np.testing.assert_array_equal(b.outputs.reshape(32, 9, 3).transpose(0, 2, 1).reshape(32, 27), a.outputs)
    np.testing.assert_array_equal(b.controls[:, 0], a.outputs[:, :9].reshape(-1) > 0)
    np.testing.assert_array_equal(b.controls[:, 1:].argmax(-1), np.tile(np.arange(9), 32))
