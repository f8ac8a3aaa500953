"""What a network mends of moved notes: pitches alone change, in time nothing; bars of any meter; without TensorFlow."""
import pathlib
import subprocess
import sys
import types

import numpy as np
import pytest

from musicnst.models.texture import network
from musicnst.reading import files
from musicnst.reading import meter
from musicnst.style_transfer import request
from musicnst.style_transfer.arrange import harmony
from musicnst.style_transfer.arrange import mend
from musicnst.style_transfer.arrange import method
from musicnst.style_transfer.arrange import move
from tests.analysis import small_scores


def _bars(*lengths):
  edges = np.concatenate([[0.0], np.cumsum(lengths)])
  return [meter.Bar(float(a), 4, 4, float(b)) for a, b in zip(edges, edges[1:])]


@pytest.mark.parametrize('lengths, expected', [
    ((4, 4, 4, 4), [0, 8]), ((3, 3, 3, 3, 3), [0, 6, 12]), ((1, 4, 4, 4), [0, 5]), ((12, 4), [0, 8]), ((2, 6, 1), [0, 8])])
def test_windows_hold_whole_bars(lengths, expected):
  assert mend.starts_of(_bars(*lengths)).tolist() == expected


def _moved(notes):
  start, end, pitch = (np.array(column) for column in zip(*notes))
  count = len(pitch)
  no, zeros = np.zeros(count, bool), np.zeros(count, int)
  return move.Moved(start.astype(float), end.astype(float), pitch, np.full(count, 80), np.arange(count), bass=no, above=no, style=zeros, bar=zeros)


def _chromatic(quarters):
  tones, scale = np.isin(np.arange(12), (0, 4, 7)), np.ones(12, bool)
  return harmony.Harmony(np.arange(quarters + 1.0), np.zeros(quarters, int), np.tile(tones, (quarters, 1)), np.zeros(quarters, int),
                         np.tile(scale, (quarters, 1)))


def _silence():
  return small_scores.score(([(72, 0, 1)],)).select(np.zeros(1, bool))


@pytest.fixture
def weights(monkeypatch):
  """Those of an untrained network, which may be changed."""
  p = {name: np.zeros(shape, np.float32) for name, shape in network.shapes(8, 1, 2).items()}
  monkeypatch.setattr(mend, 'weights', lambda: p)
  return p


PIECES = pathlib.Path(method.__file__).parents[2] / 'pieces'
NOTES = [(0, 1, 48), (0.02, 3.9, 64), (8 / 3, 3, 67), (9.5, 13, 60), (9.5, 10, 15), (100, 101, 60)]


def test_an_untrained_network_leaves_everything(weights):
  del weights
  notes = _moved(NOTES)
  after = mend.mend(notes, _chromatic(16), _silence(), _bars(4, 4, 4, 4))
  for name in ('start', 'end', 'pitch', 'source'):
    np.testing.assert_array_equal(getattr(after, name), getattr(notes, name))


def test_pitches_change_and_times_stay(weights):
  """'One key up': to the millisecond where they were; what lies outside keyboard or piece stays."""
  weights['out_bias'][[network.REACH, network.REACH + 1]] = -20, 20
  after = mend.mend(_moved(NOTES), _chromatic(16), _silence(), _bars(4, 4, 4, 4))
  assert list(zip(after.start, after.end, after.pitch)) == [
      (start, end, pitch + (21 <= pitch and start < 16)) for start, end, pitch in NOTES]


def test_a_note_that_comes_is_like_its_neighbour_and_one_may_go(weights):
  weights['out_bias'][network.REACH + 12] = 20
  after = mend.mend(_moved([(1, 2.5, 60)]), _chromatic(8), _silence(), _bars(4, 4))
  assert list(zip(after.start, after.end, after.pitch)) == [(1, 2.5, 60), (1, 2.5, 72)]
  weights['out_bias'][:] = -20
  assert not len(mend.mend(_moved([(1, 2.5, 60)]), _chromatic(8), _silence(), _bars(4, 4)).pitch)


def test_the_chords_that_notes_come_from_are_read():
  """A style in D minor, its notes now under C major: at the step of each note the chord of its own beat, over C."""
  minor = harmony.Harmony(np.arange(3.0), np.array([2, -1]), np.stack([np.isin(np.arange(12), (2, 5, 9)), np.zeros(12, bool)]),
                          np.array([2, -1]), np.tile(np.isin(np.arange(12), (0, 2, 4, 5, 7, 9, 10)), (2, 1)))
  style = types.SimpleNamespace(harmony=minor, onsets=np.array([.5, 1.5]))
  under = mend.windows.Under(np.zeros(8, int), np.zeros(8, int), np.zeros((8, 12), bool), np.zeros((8, 12), bool), np.zeros((8, 176), np.uint8),
                             np.zeros((8, 2), np.uint8))
  found = mend._source(_moved([(10.25, 11, 60), (11, 12, 60)]), 10.0, under, style)
  assert set(np.flatnonzero(found[1, :12])) == {0, 3, 7} and not found[[0, *range(2, 8)]].any()


def test_as_many_notes_as_are_expected():
  """Two keys that are as likely as not are one note together; one that is unlikely is none."""
  inputs, logits = np.zeros((1, 1, mend.windows.DEPTH)), np.full((1, 1, 176), network.OFF, np.float32)
  logits[0, 0, [10, 11]], logits[0, 0, 40] = (.1, -.1), -2
  assert np.flatnonzero(mend.decided(inputs, logits, trust=0)).tolist() == [10]


def test_nothing_comes_that_lies_outside_chord_and_key():
  """In C major a likely C sharp does not come, a D does, and for the C sharp an E; a C sharp that the rule wrote may stay."""
  inputs, logits = np.zeros((1, 2, mend.windows.DEPTH)), np.full((1, 2, 176), network.OFF, np.float32)
  inputs[0, :, [mend.windows.SCALE + pc for pc in (0, 2, 4, 5, 7, 9, 11)]] = 1
  logits[0, :, [61 - 21, 62 - 21, 64 - 21]] = [[9], [8], [-4]]
  inputs[0, 1, 61 - 21] = 1
  found = mend.decided(inputs, logits, within_key=True)[0]
  assert [(np.flatnonzero(step) + 21).tolist() for step in found] == [[62, 64], [61, 62]]


def test_equal_bars_stay_equal():
  """Three bars, of which the first two begin with the same notes: the second is decided as the first, whatever was held into it."""
  inputs, cells = np.zeros((1, 12, mend.windows.DEPTH), np.uint8), np.zeros((1, 12, 88), bool)
  inputs[0, [0, 4, 8], mend.windows.PLACES] = inputs[0, [0, 4, 8], [40, 40, 41]] = inputs[0, 4, 88 + 50] = 1
  cells[0, [0, 4, 8], [40, 47, 48]] = True
  assert [tuple(cell) for cell in np.argwhere(mend.alike(inputs, cells)[0])] == [(0, 40), (4, 40), (8, 48)]


def test_it_starts_without_tensorflow():
  code = ("import sys\nfrom musicnst.style_transfer.arrange import method\nfrom musicnst.style_transfer.arrange import mend\nmend.weights()\n"
          "assert not {'tensorflow', 'keras', 'jax'} & set(sys.modules), 'loaded'")
  subprocess.run([sys.executable, '-c', code], check=True)


def test_arrange_mends_where_it_is_asked_to():
  """The Ode with the rag's figures: tune and times stay, some pitches differ from the rule's, few notes come or go."""
  settings = request.Settings(beats='tempo', strength=1.0)
  found = {}
  for mends in (False, True):
    arranger = method.ArrangeMethod(method.ArrangeSettings(mends=mends))
    ode, rag = (arranger.prepare(files.read(str(PIECES / f'{name}.mid'))[0], settings) for name in ('ode_to_joy', 'maple_leaf_rag'))
    parts = arranger.stretches(ode, settings)
    result = arranger.run(request.Request([p for p, _ in parts], [[rag]], [m for _, m in parts], settings))
    found[mends] = result.edits[0][0]
  rule, mended = ({(round(n.start_time, 6), n.pitch) for n in found[mends].added} for mends in (False, True))
  assert rule != mended and len(rule & mended) > .8 * len(rule) and abs(len(rule) - len(mended)) < .1 * len(rule)
  assert found[False].kept == found[True].kept
