"""The transfer benchmark, piece by piece, against counts made by hand; and as a whole with a method and judges made for the test."""
import json

import numpy as np
import pytest

from experiments.benchmark import transfer_benchmark
from experiments.benchmark import transfer_judges
from experiments.benchmark import transfer_reading
from experiments.benchmark import judge_features
from experiments.benchmark import judge_networks
from experiments.benchmark import judge_training
from experiments.benchmark import judges
from experiments.benchmark import measure
from experiments.benchmark import methods
from experiments.benchmark import pieces
from experiments.benchmark import tables
from musicnst import errors
from musicnst import music_proto
from musicnst.style_transfer.pieces import piece as piece_lib


def _stretch(genre, name, number=0, pitch=60, every=4, length=4):
  starts = np.arange(0, pieces.STEPS, every)
  notes = np.stack([pitch + starts // every % 5, np.full(len(starts), 70), starts, np.minimum(starts + length, pieces.STEPS)], 1)
  return pieces.Stretch(genre, name, number, notes, np.arange(pieces.STEPS) % 16)


def _pools(count=3):
  shapes = {'jazz': (55, 2, 1), 'classical': (60, 4, 4), 'pop': (65, 8, 8), 'folk': (70, 4, 2)}
  return {genre: [_stretch(genre, f'{genre}{i}', 0, pitch + i, every, length) for i in range(count)]
          for genre, (pitch, every, length) in shapes.items()}


# === Pieces ===


def test_stretches_lie_on_the_grid_and_begin_at_the_first_bar():
  sequence = music_proto.NoteSequence()
  sequence.tempos.add(qpm=60.0)
  off = .01  # seconds beside the grid
  for i in range(600):
    sequence.notes.add(pitch=60 + i % 7, velocity=50, start_time=8 + i * .25 + off, end_time=8 + i * .25 + .25 - off)
  sequence.notes.add(pitch=90, velocity=60, start_time=8 + 127, end_time=8 + 130)  # held over the end of the first stretch
  found = pieces.stretches(piece_lib.from_sequence(sequence, beats='tempo'), 'pop', 'a.mid')
  assert [s.label for s in found] == ['a.mid#0']  # the second has 88 steps left, too few
  first = found[0]
  assert first.notes[0].tolist() == [60, 50, 0, 1] and len(first.notes) == 513
  assert first.notes[first.notes[:, 0] == 90].tolist() == [[90, 60, 508, 512]]
  assert np.array_equal(first.piece.start_beats * 4, first.piece.start_steps)
  assert first.piece.total_steps == 512


def test_pieces_come_before_their_second_stretches():
  pool = [_stretch('pop', name, number) for name in 'abc' for number in range(3)] + [_stretch('pop', 'd')]
  ordered = pieces.in_turn(pool, np.random.default_rng(3))
  assert len(ordered) == len(pool) and {s.name for s in ordered[:4]} == set('abcd') and {s.name for s in ordered[4:7]} == set('abc')


def test_pairs():
  pools = {**_pools(), 'jazz': [_stretch('jazz', 'a', 0), _stretch('jazz', 'a', 1), _stretch('jazz', 'b')]}
  for seed in range(4):
    found = pieces.pairs(pools, 'pop-jazz', 3, seed)
    assert [p.content.label for p in found] == [p.content.label for p in pieces.pairs(pools, 'pop-jazz', 3, 0)]
    assert all(p.style.name != p.other.name and p.style.genre == p.other.genre == 'jazz' for p in found)
  with pytest.raises(errors.ArgumentError):
    pieces.pairs(pools, 'pop-jazz', 4, 0)
  with pytest.raises(errors.ArgumentError):
    pieces.pairs(pools, 'pop-pop', 1, 0)


def test_pieces_are_kept(tmp_path):
  pools = _pools()
  pieces._write(tmp_path / 'x.npz', pools)
  again = pieces._read(tmp_path / 'x.npz')
  assert {g: [s.label for s in pool] for g, pool in again.items()} == {g: [s.label for s in pool] for g, pool in pools.items()}
  assert all(np.array_equal(a.notes, b.notes) for g in pools for a, b in zip(pools[g], again[g]))


# === Judges ===


def test_pairwise_probability_by_hand():
  # Two segments of 64 steps, of the second 32 are valid: weights 2 to 1. Among jazz (.2, .3) and pop (.6, .1): .25 and .75.
  probabilities = np.array([[[.1, .1, .2, .6], [.3, .3, .3, .1]]])
  found = judges.pairwise(probabilities, [96], 64, ['jazz'], ['pop'])
  assert found == pytest.approx([(2 * .25 + .75) / 3])


def test_notes_are_dropped_whole_and_transposed():
  stretch = _stretch('pop', 'a', every=8, length=8)
  owners = np.pad(judge_training.owners_of(stretch), ((1, 0), (0, 0)))
  generator = np.random.default_rng(0)
  assert np.array_equal(judge_training.dropped(owners, 0.0, 0, generator), stretch.piece.roll)
  assert np.array_equal(judge_training.dropped(owners, 0.0, 3, generator)[:, :, 3:], stretch.piece.roll[:, :, :-3])
  assert not judge_training.dropped(owners, 1.0, 0, generator).any()
  half = judge_training.dropped(owners, .5, 0, generator)
  assert 10 <= half[:, 0].sum() <= 54 and half.sum() == 8 * half[:, 0].sum()


def test_a_stretch_cut_within_a_note_begins_with_its_sustain():
  owners = np.pad(judge_training.owners_of(_stretch('pop', 'a', every=8, length=8)), ((1, 0), (0, 0)))
  roll = judge_training.dropped(owners[4:13], 0.0, 0, np.random.default_rng(0))
  assert roll[:, 0].sum() == 0 + 1 and roll[0, 1].sum() == 1 and roll[4, 0].sum() == 1


def test_phase_by_hand():
  roll = np.zeros((32, 2, 88), np.uint8)
  roll[[0, 4, 6, 16], 0, 40] = 1
  expected = np.zeros(20)
  expected[[0, 2]] = .75, .25  # of the quarter: 0, 0, 2, 0
  expected[4 + np.array([0, 4, 6])] = .5, .25, .25
  assert judge_features.phase(roll) == pytest.approx(expected)


def test_texture_does_not_count_notes():
  roll = _stretch('pop', 'a', every=8, length=4).piece.roll[:128]
  doubled = np.concatenate([roll, roll])
  # Shares and ratios: twice the music has the same ones, but for what lies around the one seam more.
  once, twice = judge_features.texture(roll), judge_features.texture(doubled)
  assert len(once) == len(twice) and np.abs(twice - once).max() < .1 and np.median(np.abs(twice - once)) < 1e-3
  # A chord of three keys every eight steps: intervals 4, 3 and 7 in equal parts.
  chord = np.zeros((64, 2, 88), np.uint8)
  chord[::8, 0][:, [39, 43, 46]] = 1
  features = judge_features.texture(chord)
  intervals = features[20 + 9 + 8 + 6:][:24]
  assert intervals[[2, 3, 6]] == pytest.approx([1 / 3] * 3) and intervals.sum() == pytest.approx(1)


def test_networks():
  shapes = [tuple(w.shape) for w in judge_networks.paper_cnn(4).weights if len(w.shape) == 4]
  assert shapes == [(1, 12, 1, 64), (4, 1, 64, 128), (2, 1, 128, 256), (8, 1, 256, 512), (1, 7, 512, 4)]  # the published kernels
  rolls = (np.random.default_rng(0).random((2, 128, 2, 88)) < .05).astype(np.uint8)
  assert judge_networks.map_cnn(4)(rolls.astype(np.float32)).shape == (2, 4)


def test_judges_are_kept_and_silence_is_undecided(tmp_path):
  model = judge_networks.map_cnn(4)
  judges.save('map-cnn', {str(i): w for i, w in enumerate(model.get_weights())}, tmp_path)
  rolls = np.stack([measure.roll_of(s.piece) for s in _pools()['pop']])
  loaded = judges.load('map-cnn', str(tmp_path)).probabilities(rolls)
  direct = judges.Judge('map-cnn', judges.network_logits(model)).probabilities(rolls)
  assert loaded.shape == (3, 4, 4) and np.abs(loaded - direct).max() < 5e-3
  features = len(judge_features.phase(rolls[0]))
  weights = {'mean': np.zeros(features), 'scale': np.ones(features), 'coefficients': np.ones((features, 4)), 'intercepts': np.arange(4.0)}
  judge = judges.build('phase', weights)
  assert judge.source_probability(np.zeros_like(rolls), [512] * 3, ['pop'] * 3, ['jazz'] * 3) == pytest.approx([.5] * 3)
  with pytest.raises(errors.ModelNotFoundError):
    judges.load('texture', str(tmp_path))


def test_regressions_learn_and_are_examined(tmp_path):
  pools = _pools(4)
  examples = judge_training.Examples(pools, 0)
  for name in ('texture', 'phase'):
    judges.save(name, judge_training.train_regression(name, examples, 0, 200, 1.0), tmp_path)
  rows = transfer_judges.examine(pools, str(tmp_path))
  assert len(rows) == 2 * 6
  by_judge = {(row['judge'], row['pair']): row for row in rows}
  assert by_judge['texture', 'jazz-pop']['accuracy'] == 1.0 and by_judge['texture', 'jazz-pop']['admitted']
  assert by_judge['phase', 'classical-folk']['accuracy'] < .9  # their notes begin at the same places


@pytest.mark.slow
def test_network_training_runs():
  weights = judge_training.train_network('map-cnn', judge_training.Examples(_pools(), 0), 0, 2, batch_size=4)
  assert len(weights) == len(judge_networks.map_cnn(4).weights)


# === Measures ===


def test_cut_notes_by_hand():
  def piece(notes):
    return piece_lib.from_sequence(pieces.to_sequence(notes), beats='tempo')
  content = piece([(60, 70, 0, 8), (64, 70, 0, 4), (67, 70, 8, 12)])
  # 60 is struck anew within its time, 64 ends early, 67 is gone (a new note within its time is no cut), 72 is new.
  result = piece([(60, 70, 0, 4), (60, 70, 4, 8), (64, 70, 0, 2), (67, 70, 10, 12), (72, 70, 0, 4)])
  assert measure.cut_notes(content, result) == {'broken_holds': 1.0, 'shortened': 1.0}
  assert measure.cut_notes(content, content) == {'broken_holds': 0.0, 'shortened': 0.0}
  assert measure.cut_notes(content, None) == {'broken_holds': 0.0, 'shortened': 0.0}


def _density_judge(name='texture'):
  """Says jazz by the number of onsets: P(jazz) is that of 64 in 128 steps."""
  def logits(rolls):
    share = np.clip(rolls[:, :, 0].sum((1, 2)) / 64, .01, .99)
    return np.log(np.stack([0 * share + 1e-6, 0 * share + 1e-6, share, 1 - share], 1))
  return judges.Judge(name, logits)


def test_judged_by_hand():
  content = _stretch('jazz', 'a', every=2, length=1)  # 64 onsets in 128 steps
  half = piece_lib.from_sequence(pieces.to_sequence(content.notes[::2]), beats='tempo')
  rows = measure.judged([_density_judge()], [content, content], [half, None], 'jazz', 'pop')
  assert rows[0]['content/texture'] == pytest.approx(.99) and rows[0]['p/texture'] == pytest.approx(.5)
  assert rows[0]['strength/texture'] == pytest.approx(.49) and rows[0]['hit/texture'] == 1.0
  assert rows[1]['strength/texture'] == pytest.approx(.98)


# === Tables ===


def _row(direction, piece, texture, map_cnn, change=.5, seed=0):
  return {'direction': direction, 'piece': piece, 'seed': seed, 'strength/texture': texture, 'strength/map-cnn': map_cnn, 'content_change': change,
          'strength/phase': -1.0}


def test_summaries_by_hand():
  rows = [_row('jazz-pop', 'a', .2, .9), _row('jazz-pop', 'a', .4, .5), _row('jazz-pop', 'b', .6, .7), _row('pop-jazz', 'c', 1.0, .3, .7)]
  found = tables.summarize(rows)
  assert found['jazz-pop']['lowest']['mean'] == pytest.approx(.4) and found['pop-jazz']['lowest']['mean'] == pytest.approx(.3)
  assert found['mean']['lowest']['mean'] == pytest.approx(.35) and found['mean']['content_change']['mean'] == pytest.approx(.6)
  # Only piece a: .3 by texture; only piece b: .6; the interval is that of these draws.
  assert (found['jazz-pop']['lowest']['low'], found['jazz-pop']['lowest']['high']) == pytest.approx((.3, .6))
  assert found['pop-jazz']['lowest']['low'] == found['pop-jazz']['lowest']['high'] == pytest.approx(.3)


def test_best_control_by_hand():
  summaries = {('arithmetic', .5): tables.summarize([_row('jazz-pop', 'a', .2, .2, .4)]),
               ('arithmetic', 1.0): tables.summarize([_row('jazz-pop', 'a', .6, .6, .8)]),
               ('half-notes', None): tables.summarize([_row('jazz-pop', 'a', .3, .3, .5)]),
               ('guided', None): tables.summarize([_row('jazz-pop', 'a', .8, .8, .6)])}
  assert tables.best_control(summaries, 'jazz-pop', .6) == (pytest.approx(.4), 'arithmetic')
  assert tables.best_control(summaries, 'jazz-pop', .5) == (pytest.approx(.3), 'half-notes')
  assert tables.best_control(summaries, 'jazz-pop', .25) == (pytest.approx(.125), 'arithmetic')
  assert tables.best_control(summaries, 'jazz-pop', 2.0)[0] == pytest.approx(.6)
  assert tables.against_controls(summaries)['guided', None]['mean']['ratio'] == pytest.approx(2.0)


# === The whole ===


def test_methods_and_their_options():
  assert transfer_benchmark.parse_methods(['guided:.3/1', 'copy']) == [('guided', .3), ('guided', 1.0), ('copy', None)]
  assert transfer_benchmark.parse_methods(['guided', 'arithmetic:.1'], [.5]) == [('guided', .5), ('arithmetic', .1)]
  assert {name for name, _ in transfer_benchmark.parse_methods(['controls'])} == set(tables.CONTROLS)
  assert methods.runner('half-notes', {'num_steps': 7}).settings.num_steps == 7
  with pytest.raises(errors.UnknownNameError):
    methods.runner('half-notes', {'no_such': 1})
  with pytest.raises(errors.UnknownNameError):
    methods.runner('no-such-method')


def test_the_roll_in_place_of_latents():
  windows = (np.random.default_rng(0).random((3, 32, 176)) < .1).astype(np.float32)
  model = methods.RollModel()
  assert np.array_equal(np.asarray(model.decode_logits(model.encode({'inputs': windows}).mean)) > 0, windows > 0)


@pytest.mark.slow
def test_benchmark(tmp_path, figures):
  output = str(tmp_path / 'found')
  judge = [_density_judge(), _density_judge('map-cnn')]
  bench = transfer_benchmark.Benchmark(_pools(), judge, output, contents=3, with_cycle=True, midi_folder=str(tmp_path / 'midi'),
                                       results_folder=str(tmp_path / 'results'))
  for method in ('copy', 'half-notes', 'silence', 'style-piece'):
    bench.run(methods.runner(method), method, None, [0, 1], ['jazz-pop', 'pop-jazz'])
  summaries = bench.report('Title', ['how'])
  assert summaries['copy', None]['mean']['lowest']['mean'] == 0 and summaries['copy', None]['mean']['content_change']['mean'] == 0
  assert summaries['silence', None]['jazz-pop']['lowest']['mean'] == pytest.approx(.98)
  assert summaries['half-notes', None]['jazz-pop']['lowest']['mean'] == pytest.approx(.49, abs=1e-3)
  assert summaries['style-piece', None]['jazz-pop']['style_time_pitch']['mean'] == pytest.approx(1.0)
  assert 'one_shot' not in summaries['style-piece', None]['jazz-pop']
  bench.run(methods.runner('style-piece'), 'mine', None, [0], ['jazz-pop'])
  assert bench.report('Title', ['how'])['mine', None]['jazz-pop']['one_shot']['mean'] == pytest.approx(0.0, abs=1e-4)  # all pop here is alike
  assert len(list((tmp_path / 'midi' / 'jazz-pop').glob('*.mid'))) == 3 * (2 + 5)
  written = json.loads((tmp_path / 'found.json').read_text())
  assert len(written['summaries']) == 5 and (tmp_path / 'found.png').read_bytes()[:4] == b'\x89PNG'
  panel = next(axes for axes in figures[-1].axes if axes.get_title() == 'jazz-pop')
  drawn = sorted(tuple(point) for line in panel.lines for point in line.get_xydata() if line.get_xydata()[0, 0] != .6)
  expected = [(table['jazz-pop']['content_change']['mean'], table['jazz-pop']['lowest']['mean'])
              for table in bench.report('Title', ['how']).values() if 'jazz-pop' in table]
  assert drawn == sorted(expected) and len(expected) == 5
  again = transfer_benchmark.Benchmark(_pools(), judge, output, contents=3)
  again.run(None, 'copy', None, [0, 1], ['jazz-pop', 'pop-jazz'])  # nothing is left to run
  asked = transfer_benchmark.Benchmark(_pools(), judge, output, contents=3, results_folder=str(tmp_path / 'results'))
  before = {key: [row.pop('strength/texture') for row in rows] for key, rows in asked.cells.items()}
  asked.rejudge()
  assert before == {key: [pytest.approx(row['strength/texture'], abs=1e-4) for row in rows] for key, rows in asked.cells.items()}


def test_reading_by_hand():
  content, result = (piece_lib.from_sequence(pieces.to_sequence(notes), beats='tempo') for notes in (
      [(60, 70, 16, 20), (64, 70, 16, 18), (67, 70, 20, 24)], [(60, 70, 16, 18), (72, 70, 16, 17), (67, 70, 20, 24)]))
  assert [' '.join(line.split()) for line in transfer_reading.lines(content, result, 2, 2)] == ['2.1.1 C4:4>2 -E4:2 +C5:1', '2.2.1 G4:4']
  assert transfer_reading.lines(content, result, 1, 1) == []
