"""`transfer` and its verb: every kind of content, ranges, parts, folders, arguments that contradict each other."""
import re

import pytest

from musicnst import errors
from musicnst.cli import transfer as cli_transfer
from musicnst.reading import files
from musicnst.rendering import midi
from musicnst.representations import testing
from musicnst.style_transfer import registry
from musicnst.style_transfer import request
from musicnst.style_transfer import transfer
from musicnst.style_transfer.pieces import stretches

STYLE = testing.chords(3, 1)
# The default, and methods that change much with random weights: one through the loop, one by a walk in latent space.
DEFAULT = {'beats': 'tempo'}
QUICK = {'method': 'guided', 'num_steps': 2, 'beats': 'tempo'}
WALK = {'method': 'interpolation', 'beats': 'tempo'}


@pytest.fixture(autouse=True)
def _linear(load_around, linear):
  load_around(linear)


@pytest.mark.slow
def test_guided_stays_within_reach_of_its_budget():
  result = transfer.transfer(testing.chords(6, 0), STYLE, method='guided', beats='tempo', num_steps=20, strength=.5)
  assert 0 < result.metrics['content_change'] < 1 and result.metrics['skyline_kept'] >= .9
  assert result.settings['content_genre'] in ('classical', 'folk', 'jazz', 'pop', 'unknown')


def test_bars_leave_the_rest_to_the_bit(notes_of):
  content = testing.chords(8, 5)
  for options in (DEFAULT, QUICK, WALK):
    result = transfer.transfer(content, STYLE, bars=(3, 5), **options)
    outside = lambda sequence: [n for n in notes_of(sequence) if not 4 <= n[0] < 10]
    assert outside(result.sequence) == outside(content)
  assert result.added and result.settings['bars'] == '3-5'


@pytest.mark.parametrize('tracks', ['merge', 'each'])
def test_tracks(tracks, notes_of):
  content = testing.band(4)
  result = transfer.transfer(content, STYLE, tracks=tracks, **WALK)
  drums = lambda sequence: [n for n in notes_of(sequence) if n[-1]]
  assert drums(result.sequence) == drums(content)
  assert {(n.instrument, n.program) for n in result.added} <= {(0, 0), (1, 33)} and result.added


@pytest.mark.parametrize('options', [DEFAULT, {**QUICK, 'num_steps': 4}], ids=['default', 'guided'])
def test_seeds(options, notes_of):
  run = lambda seed: notes_of(transfer.transfer(testing.chords(4, 0), STYLE, seed=seed, candidates=3, **options).sequence)
  assert run(1) == run(1)


def test_a_folder_is_one_style(tmp_path):
  (tmp_path / 'genre' / 'more').mkdir(parents=True)
  midi.write(STYLE, tmp_path / 'genre' / 'a.mid')
  midi.write(testing.chords(2, 7), tmp_path / 'genre' / 'more' / 'b.mid')
  (tmp_path / 'genre' / 'broken.mid').write_bytes(b'MThd nothing')
  (tmp_path / 'empty').mkdir()
  for options in (DEFAULT, QUICK):
    result = transfer.transfer(testing.chords(3, 0), tmp_path / 'genre', **options)
    assert result.settings['style'] == 'a.mid, b.mid'
    with pytest.raises(errors.MusicnstError):
      transfer.transfer(testing.chords(3, 0), tmp_path / 'empty', **options)
  assert result.settings['targets'] == 'the style alone'


def test_a_folder_of_contents(tmp_path, capsys):
  (tmp_path / 'in' / 'sub').mkdir(parents=True)
  midi.write(testing.chords(2, 0), tmp_path / 'in' / 'a.mid')
  midi.write(testing.chords(3, 2), tmp_path / 'in' / 'sub' / 'b.mid')
  midi.write(testing.drums(2), tmp_path / 'in' / 'drums.mid')
  midi.write(STYLE, tmp_path / 'style.mid')
  cli_transfer.run(str(tmp_path / 'in'), [str(tmp_path / 'style.mid')], str(tmp_path / 'out'), 'interpolation',
                   settings=request.Settings(beats='tempo'))
  for name in ('a.mid', 'sub/b.mid'):
    midi.write(transfer.transfer(tmp_path / 'in' / name, tmp_path / 'style.mid', **WALK).sequence, tmp_path / 'alone.mid')
    assert (tmp_path / 'out' / name).read_bytes() == (tmp_path / 'alone.mid').read_bytes()
  assert not (tmp_path / 'out' / 'drums.mid').exists() and 'only drums' in capsys.readouterr().err


@pytest.mark.parametrize('content, match', [
    (testing.sequence([]), 'no notes'), (testing.drums(2), 'only drums')])
@pytest.mark.parametrize('options', [DEFAULT, QUICK], ids=['default', 'guided'])
def test_nothing_to_restyle(content, match, options):
  with pytest.raises(errors.RejectedSequence, match=match):
    transfer.transfer(content, STYLE, **options)


@pytest.mark.parametrize('content', [
    testing.sequence([(60, 0, 1)]), testing.sequence([(60, .3, 2.2), (64, 1, 1.01)]), testing.sequence([(60, 30, 31)]),
    testing.sequence([(48 + i % 20, i, i + 1) for i in range(30)], meter=(3, 4)),
    testing.sequence([(48 + i % 20, i / 2, i / 2 + .5) for i in range(30)], meter=(5, 8), qpm=400),
    testing.sequence([(60, 0, 4), (62, 4, 8)], qpm=10)], ids=['one note', 'short', 'after silence', '3/4', '5/8', 'slow'])
@pytest.mark.parametrize('options', [DEFAULT, QUICK, WALK], ids=['default', 'guided', 'interpolation'])
def test_odd_contents(content, options, tmp_path):
  result = transfer.transfer(content, STYLE, **options)
  midi.write(result.sequence, tmp_path / 'odd.mid')
  assert len(result.kept) + len(result.removed) == len(content.notes)
  assert result.metrics['density_ratio'] == pytest.approx((len(result.kept) + len(result.added)) / len(content.notes))
  written = files.read(tmp_path / 'odd.mid')[0].notes if result.sequence.notes else []
  assert sorted(n.pitch for n in written) == sorted(n.pitch for n in result.sequence.notes)
  assert max((n.end_time for n in written), default=0) == pytest.approx(max((n.end_time for n in result.sequence.notes), default=0), abs=.05)


def test_sections_of_a_long_piece(monkeypatch, notes_of):
  monkeypatch.setattr(stretches, 'SECTION_STEPS', 64)
  content = testing.chords(11, 3)
  testing.add(content, [(30, 1, 40)])  # held over every seam
  result = transfer.transfer(content, STYLE, **WALK)
  assert len(result.kept) + len(result.removed) == len(content.notes)
  spans = {}
  for note in result.sequence.notes:
    spans.setdefault(note.pitch, []).append((note.start_time, note.end_time))
  for pitch, times in spans.items():
    times.sort()
    assert all(first[1] <= second[0] + 1e-6 for first, second in zip(times, times[1:])), pitch
  one = transfer.transfer(content, STYLE, method='reconstruction', beats='tempo', bars=(1, 1)).sequence
  assert [n for n in notes_of(one) if n[0] >= 2] == [n for n in notes_of(content) if n[0] >= 2]


@pytest.mark.parametrize('options', [
    {'strength': .5, 'style_weight': 1.0}, {'strength': 1.5}, {'strength': -.1}, {'style_weight': -1.0}, {'content_weight': float('inf')},
    {'num_steps': 0}, {'candidates': 0}, {'tracks': 'some'}, {'bars': (3, 2)}, {'bars': (0, 2)}, {'bars': (90, 99)},
    {'steps_per_quarter': 0}], ids=str)
@pytest.mark.parametrize('method', ['arrange', 'guided'])
def test_arguments_out_of_range(method, options):
  with pytest.raises(errors.ArgumentError) as raised:
    transfer.transfer(testing.chords(2, 0), STYLE, method=method, **options)
  assert 'plays no part' not in str(raised.value)


def test_unknown_method():
  with pytest.raises(errors.UnknownNameError, match='arrange.*guided'):
    transfer.transfer(testing.chords(2, 0), STYLE, method='magic')


def test_a_finer_grid(notes_of):
  """Triplets lie on a grid of 12 steps a quarter; kept notes are the same on every grid."""
  content = testing.sequence([(60 + i % 7, i / 3, i / 3 + .3) for i in range(36)])
  result = transfer.transfer(content, STYLE, steps_per_quarter=12, **WALK)
  assert len(result.kept) + len(result.removed) == 36
  assert {(n.pitch, n.start_time) for n in result.kept} <= {(n.pitch, n.start_time) for n in content.notes}


def test_the_terminal_says_what_was_read_and_kept(tmp_path, capsys):
  midi.write(testing.chords(4, 0), tmp_path / 'content.mid')
  midi.write(STYLE, tmp_path / 'style.mid')
  run = lambda *method: cli_transfer.run(str(tmp_path / 'content.mid'), [str(tmp_path / 'style.mid')], str(tmp_path / 'out.mid'), *method,
                                         settings=request.Settings(beats='tempo'))
  run()
  read, kept, path = capsys.readouterr().out.splitlines()
  assert re.fullmatch(r'taken as read: tune: .+; beats: tempo; meter: 4/4', read) and path.endswith('out.mid')
  assert re.fullmatch(r'tune kept 1\.00, chords kept [01]\.\d\d, way to the style .+ in intervals, .+ in rhythm, wrong notes .+ s', kept)
  run('copy')
  assert capsys.readouterr().out.startswith('changed 0.00 of what sounds')


@pytest.mark.parametrize('method', ['arrange', 'half-notes'])
def test_the_method_says_which_candidate_is_best(method, monkeypatch):
  chosen, scored = registry.load(method), []
  monkeypatch.setattr(type(chosen), 'score', lambda self, metrics: scored.append(metrics) or -abs(len(scored) - 2))
  result = transfer.transfer(testing.chords(4, 0), STYLE, method=method, candidates=3, beats='tempo')
  count = len(scored)
  assert result.settings['candidate_kept'] == min(count, 2) and result.metrics == scored[min(count, 2) - 1]
