"""The contract of a converter for every registered one, on music made here and, where it is at hand, on real files."""
import csv

import numpy as np
import pytest

from musicnst import errors
from musicnst import music_proto
from musicnst.representations import converter_map
from musicnst.representations import testing
from tests.representations import contract

# A representation is tried without arguments on chords that may be transposed, unless it stands below with others:
# (arguments, maker of music that it takes, whether it can be transposed).
_OTHERS = {
    'band': [({'required_tracks': 3}, testing.band, True), ({'required_tracks': 3, 'steps': 256}, testing.band, True),
             ({'continuous': True}, testing.band, True)],
    'binary': [({}, testing.chords, True), ({'steps': 32, 'steps_per_quarter': 12}, testing.chords, True)],
    'drums': [({}, testing.drums, False), ({'steps': 256, 'roll_input': False}, testing.drums, False),
              ({'continuous': True}, testing.drums, False), ({'roll_output': True}, testing.drums, False),
              ({'roll_output': True, 'classes': 'full'}, testing.drums, False)],
    'groove': [({}, testing.groove, False), ({'humanize': True, 'hits_as_controls': True}, testing.groove, False),
               ({'tapify': True, 'fixed_velocities': True, 'add_instruments': [2], 'classes': 'reduced'}, testing.groove, False),
               ({'steps': 144, 'split_instruments': True, 'hits_as_controls': True}, testing.groove, False),
               ({'continuous': True, 'max_note_dropout_probability': .8}, testing.groove, False)],
    'melody': [({'chords': True}, testing.lead_sheet, True), ({}, testing.melody, True), ({'steps': 256, 'gap_bars': None}, testing.melody, True),
               ({'continuous': True}, testing.melody, True), ({'continuous': True, 'steps_per_quarter': 12}, testing.melody, True)],
    'multitrack': [({}, testing.band, True), ({'steps': 384, 'tracks': 4, 'chords': True}, testing.lead_sheet_of_band, True),
                   ({'continuous': True}, testing.band, True)],
    'polyphonic': [({}, testing.chords, True), ({'steps': 96, 'steps_per_quarter': 12}, testing.chords, True)],
    'trio': [({}, testing.band, True), ({'steps': 32}, testing.band, True), ({'continuous': True}, testing.band, True)],
    'voices': [({}, testing.chords, True), ({'steps': 256, 'num_voices': 4}, testing.chords, True), ({'continuous': True}, testing.chords, True)],
}


CASES = {name: _OTHERS.get(name, [({}, testing.chords, True)]) for name in converter_map.CONVERTER_MAP}


def test_no_case_is_of_an_unknown_representation():
  assert set(_OTHERS) <= set(converter_map.CONVERTER_MAP)


@pytest.mark.parametrize('name, case', [(name, i) for name in CASES for i in range(len(CASES[name]))])
def test_contract(name, case):
  arguments, make, transposable = CASES[name][case]
  converter = converter_map.build(name, **arguments)
  num_bars = 32 if converter.steps == 256 else 9 if arguments.get('continuous') else 8
  contract.run_converter_contract(converter, [make(num_bars, seed) for seed in range(3)], transposable)


def test_unknown_name_and_argument():
  with pytest.raises(errors.UnknownNameError, match='melody'):
    converter_map.build('melodie')
  with pytest.raises(TypeError):
    converter_map.build('melody', no_such_argument=1)


@pytest.mark.parametrize('name', sorted(CASES))
def test_music_it_cannot_take_is_rejected_by_reason(name):
  converter = converter_map.build(name)
  with pytest.raises(errors.RejectedSequence) as caught:
    converter.to_windows(music_proto.NoteSequence())
  assert caught.value.reason in ('no_pitched_notes', 'no_drums', 'no_melody', 'no_trio', 'missing_tracks', 'no_notes')
  if name in ('melody', 'drums', 'trio'):
    waltz = testing.band(8)
    waltz.time_signatures[0].numerator = 3
    with pytest.raises(errors.RejectedSequence, match='unsupported_meter.*3/4'):
      converter.to_windows(waltz)
    with pytest.raises(errors.RejectedSequence, match='shorter_than_window'):
      converter.to_windows(testing.band(1))


def _real_sequences(shared, corpus, count):
  import note_seq
  with open(shared / 'data' / 'manifest.csv', newline='') as f:
    rows = [row for row in csv.DictReader(f) if row['corpus'] == corpus and row['path'].lower().endswith(('.mid', '.midi'))]
  found = []
  for row in rows[::max(1, len(rows) // count)][:count]:
    sequence = note_seq.midi_file_to_note_sequence(str(shared / 'data' / row['path']))
    del sequence.time_signatures[:]
    found.append(sequence)
  return found


@pytest.mark.parametrize('corpus, names', [
    ('pop909', ('binary', 'melody', 'polyphonic', 'voices')), ('nottingham', ('binary', 'melody', 'polyphonic', 'voices')),
    ('asap-scores', ('binary', 'polyphonic', 'voices')), ('karaoke', ('band', 'binary', 'drums', 'polyphonic', 'trio', 'voices'))])
def test_round_trip_of_real_files(shared, corpus, names):
  """Windows of real pieces come back from their own notes, to the cell."""
  for sequence in _real_sequences(shared, corpus, 3):
    for name in names:
      arguments = {} if name in ('binary', 'polyphonic') else {'continuous': True}
      converter = converter_map.build(name, **arguments)
      try:
        windows = converter.to_windows(sequence)
      except errors.RejectedSequence as error:
        assert error.reason in ('no_trio', 'no_drums', 'shorter_than_window')
        continue
      outputs = np.stack([w.outputs for w in windows])
      velocities = None if windows[0].velocities is None else np.stack([w.velocities for w in windows])
      decoded = converter.from_windows(outputs, velocities=velocities)
      again = np.stack([w.outputs for w in converter.to_windows(decoded)])
      np.testing.assert_array_equal(again, outputs[:len(again)])
      # Only windows in which nothing sounds may be missing at the end.
      assert not len(converter.from_windows(outputs[len(again):]).notes) if len(again) < len(outputs) else True


@pytest.mark.parametrize('name', sorted(CASES))
def test_for_pieces_cuts_a_whole_piece_without_overlap(name):
  converter = converter_map.for_pieces(converter_map.build(name))
  windows = converter.to_windows(testing.band(19))
  assert [w.start_step for w in windows] == list(range(0, 19 * 4 * converter.steps_per_quarter, converter.grid_steps))
  if converter.num_lengths > 1:
    return
  assert windows[-1].length == (19 * 16 - 1) % converter.steps + 1 or name in ('drums', 'groove')
