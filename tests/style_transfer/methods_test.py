"""Every registered method: two pieces in, a valid restyled piece out, the same again for the same seed."""
import numpy as np
import pytest

from musicnst.reading import files
from musicnst.rendering import midi
from musicnst.representations import testing
from musicnst.style_transfer import registry
from musicnst.style_transfer import transfer
from musicnst.style_transfer.pieces import measures

# Methods that are given a trained model of their own have tests of their own.
METHODS = sorted(name for name, entry in registry.TRANSFER_MAP.items() if not entry.classes[0].startswith('generators.'))
OPTIMIZED = [name for name in METHODS if name == 'guided' or name.startswith('paper')]


def _options(name):
  return {'method': name, 'beats': 'tempo', **({'num_steps': 3} if name in OPTIMIZED else {})}


@pytest.mark.parametrize('name', [pytest.param(name, marks=[pytest.mark.slow] if name == 'guided' else []) for name in METHODS])
def test_contract(name, shipped, tmp_path, notes_of):
  content, style = testing.chords(5, 0), testing.chords(3, 1)
  # The pedal goes with the figures in arrange (arrange/pedal_test.py); every other control stays there too.
  content.control_changes.add(time=.5, control_number=11 if name == 'arrange' else 64, control_value=127)
  shown = {'snapshots': (1,)} if name in OPTIMIZED else {}
  result = transfer.transfer(content, style, **shown, **_options(name))
  # On the grid of sixteenths, an eighth of a second each: notes that came and that went, for each there was.
  before, after = ({(n.pitch, round(8 * n.start_time)) for n in sequence.notes} for sequence in (content, result.sequence))
  assert result.metrics['onset_change'] == pytest.approx(len(before ^ after) / len(before))
  assert result.metrics['density_ratio'] == pytest.approx(len(result.sequence.notes) / len(content.notes))
  assert len(result.kept) + len(result.removed) == len(content.notes)
  assert len(result.kept) + len(result.added) == len(result.sequence.notes)
  assert result.settings['method'] == name and result.bars[:3] == [0, 2, 4]
  for note in result.added:
    assert 21 <= note.pitch <= 108 and 1 <= note.velocity <= 127 and 0 <= note.start_time < note.end_time <= content.total_time + 1e-6
  # A kept note is what it was; where the sound goes on behind it, it may be held longer.
  ends = {(n.start_time, n.pitch, n.velocity, n.instrument, n.program, n.is_drum): n.end_time for n in content.notes}
  assert all(n.end_time >= ends[n.start_time, n.pitch, n.velocity, n.instrument, n.program, n.is_drum] for n in result.kept)
  assert result.sequence.control_changes == content.control_changes and result.sequence.tempos == content.tempos
  if name in OPTIMIZED:
    terms = [values for term, values in result.history.items() if term != 'total']
    np.testing.assert_allclose(result.history['total'], np.sum(terms, axis=0), rtol=1e-6)
    assert len(result.history['total']) == 3 and set(result.snapshots) == {1}
  path = tmp_path / 'result.mid'
  midi.write(result.sequence, path)
  if result.sequence.notes:
    assert len(files.read(path)[0].notes) == len(result.sequence.notes)
  assert notes_of(transfer.transfer(content, style, **_options(name)).sequence) == notes_of(result.sequence)


# The hard decisions of `guided` follow no gradient where the weights are random; `transfer_test` sees it move.
@pytest.mark.slow
@pytest.mark.parametrize('name', [name for name in OPTIMIZED if name != 'guided'])
def test_the_loop_brings_the_objective_down(name, shipped):
  # A step of Adam moves every cell of a roll alike: small ones, or the first of them overshoots.
  rate = {'learning_rate': .004} if name.endswith('roll') else {}
  history = transfer.transfer(testing.chords(4, 0), testing.chords(4, 1), **{**_options(name), 'num_steps': 12, **rate}).history
  assert min(history['total'][6:]) < history['total'][0]


@pytest.mark.slow
@pytest.mark.parametrize('name', OPTIMIZED)
def test_pieces_side_by_side_are_as_alone(name, shipped, notes_of):
  contents = [testing.chords(3, 0), testing.chords(6, 4)]
  options = dict(_options(name), tracks='each')
  both = testing.chords(3, 0)
  testing.add(both, [(n.pitch, n.start_time * 2, n.end_time * 2, n.velocity) for n in contents[1].notes], instrument=1)
  each = transfer.transfer(both, testing.chords(3, 1), **options)
  # The seed's noise and the padding are those of the piece, so one part alone gives the same notes.
  alone = transfer.transfer(contents[1], testing.chords(3, 1), **options)
  of_part = [n for n in notes_of(each.sequence) if n[4] == 1]
  assert [n[:4] for n in of_part] == [n[:4] for n in notes_of(alone.sequence)]


@pytest.mark.slow
@pytest.mark.parametrize('name', OPTIMIZED)
def test_candidates(name, shipped, monkeypatch):
  scored = []
  monkeypatch.setattr(measures, 'score', lambda metrics: scored.append(metrics) or len(scored))  # the last is the best
  result = transfer.transfer(testing.chords(3, 0), testing.chords(3, 1), candidates=2, **_options(name))
  assert len(scored) == result.settings['candidate_kept'] == 2 and result.metrics == scored[1]


@pytest.mark.parametrize('name', [n for n in METHODS if n not in ('guided', 'copy')])
def test_bars_leave_the_rest_alone(name, shipped, notes_of):
  content = testing.chords(6, 5)
  result = transfer.transfer(content, testing.chords(3, 1), bars=(3, 4), **_options(name))
  outside = lambda notes: [n for n in notes if not 4 <= n[0] < 8]
  assert outside(notes_of(result.sequence)) == outside(notes_of(content))
  assert all(4 <= n.start_time < 8 for n in result.added + result.removed)


def test_controls_do_what_they_say(shipped, notes_of):
  content, style = testing.chords(4, 0), testing.chords(4, 1)
  run = lambda name, **more: transfer.transfer(content, style, method=name, beats='tempo', **more)
  assert notes_of(run('copy').sequence) == notes_of(content)
  silent = run('silence')
  assert not silent.sequence.notes and len(silent.removed) == len(content.notes) and silent.metrics['content_change'] == 1
  half = run('half-notes')
  assert len(half.kept) == -(-len(content.notes) // 2) and not half.added
  assert notes_of(run('half-notes', seed=1).sequence) != notes_of(half.sequence)
  times = lambda sequence: sorted((round(n.start_time * 8), round(n.end_time * 8), n.pitch) for n in sequence.notes)
  assert times(run('style-piece').sequence) == times(style)


def test_style_piece_is_repeated_to_the_content(shipped):
  style = testing.sequence([(60, 0, 1), (64, 1, 4)])
  result = transfer.transfer(testing.chords(2, 0), style, method='style-piece', beats='tempo').sequence
  assert [(n.pitch, n.start_time, n.end_time) for n in result.notes] == [(60, 0, .5), (64, .5, 2), (60, 2, 2.5), (64, 2.5, 4)]


def test_strength_nought_copies(shipped, notes_of):
  content = testing.chords(3, 0)
  for name in METHODS:
    assert notes_of(transfer.transfer(content, testing.chords(3, 1), strength=0, **_options(name)).sequence) == notes_of(content), name
