"""Sets of generated and real pieces: the ends of the scale, folders, and named errors."""
import numpy as np
import pytest

from experiments.benchmark import distribution
from experiments import run
from musicnst import errors
from musicnst.rendering import midi
from musicnst.representations import testing


def test_a_copy_is_alike_and_found_out():
  real = [testing.melody(2, seed) for seed in range(8)]
  row = distribution.against(real, real, real)
  assert row['bleu'] == row['copied_share'] == row['copied_most'] == 1
  for values in row['features'].values():
    assert values['intra_divergence'] == pytest.approx(0, abs=1e-6) and values['intra_overlap'] == pytest.approx(1, abs=1e-3)
  far = distribution.against(real, [testing.melody(2, seed, low=30, high=34) for seed in range(8)], real)
  assert far['overlap'] < row['overlap'] and far['bleu'] < .3 and far['copied_share'] < .6
  assert 'copied_share' not in distribution.against(real, real, [])


def test_scrambled_pieces_keep_their_rhythm():
  real = [testing.melody(2, seed) for seed in range(3)]
  other = distribution.scrambled(real)
  for piece, copy in zip(real, other):
    assert [(n.start_time, n.end_time) for n in piece.notes] == [(n.start_time, n.end_time) for n in copy.notes]
    assert [n.pitch for n in piece.notes] != [n.pitch for n in copy.notes]
    assert abs(np.mean([n.pitch for n in piece.notes]) - np.mean([n.pitch for n in copy.notes])) < 10


def test_folders(tmp_path, capsys):
  for name in ('made', 'real'):
    (tmp_path / name).mkdir()
    for seed in range(3):
      midi.write(testing.melody(2, seed + 3 * (name == 'made')), str(tmp_path / name / f'{seed}.mid'))
  command = ['distribution', f'--generated={tmp_path}/made', f'--real={tmp_path}/real', f'--output={tmp_path}/out']
  assert run.execute([*command, f'--training={tmp_path}/real']) == 0
  assert '| made |' in (tmp_path / 'out' / 'distribution.md').read_text()
  assert run.execute(command[:2] + [f'--output={tmp_path}/out']) == 2
  assert 'give either --models' in capsys.readouterr().err


def test_too_few_pieces():
  with pytest.raises(errors.DataError, match='1 generated pieces'):
    distribution.against([testing.melody(2)] * 2, [testing.melody(2)], [])
