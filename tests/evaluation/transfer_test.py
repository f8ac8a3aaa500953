"""Measuring transfers in files: matching, hand-computed metrics, intervals, rejects, and the verb."""
import json

import numpy as np
import pytest

from musicnst import errors
from musicnst.cli import command
from musicnst.evaluation import transfer
from musicnst.rendering import midi
from musicnst.representations import testing

_CONTENT = [(60, 0, 1), (64, 1, 2), (67, 2, 3), (72, 3, 4)]


@pytest.fixture
def folder(tmp_path):
  """content/a.mid and b.mid, style.mid, output/a.mid (a copy), output/b.mid (half of the notes gone)."""
  for name in ('content', 'output'):
    (tmp_path / name).mkdir()
  for name in ('a', 'b'):
    midi.write(testing.sequence(_CONTENT), tmp_path / 'content' / f'{name}.mid')
  midi.write(testing.sequence(_CONTENT), tmp_path / 'output' / 'a.mid')
  midi.write(testing.sequence(_CONTENT[:2]), tmp_path / 'output' / 'b.mid')
  midi.write(testing.sequence([(48 + i, i / 2, i / 2 + .5) for i in range(16)]), tmp_path / 'style.mid')
  return tmp_path


def test_means_by_hand(folder):
  report = transfer.run(transfer.match(str(folder / 'content'), str(folder / 'style.mid'), str(folder / 'output')))
  assert report['count'] == 2 and not report['rejected']
  copy, half = (row['metrics'] for row in report['triples'])
  assert copy['content_change'] == 0 and copy['density_ratio'] == 1 and copy['skyline_kept'] == 1
  assert half['content_change'] == half['content_removed'] == .5 and half['density_ratio'] == .5 and half['skyline_kept'] == .5
  assert report['mean']['content_change'] == .25
  # A tune alone: half of it is left, and where nothing is left nothing says its chord.
  assert copy['tune_kept'] == copy['chords_kept'] == 1 and half['tune_kept'] == .5 and half['chords_kept'] < 1
  assert half['notes_outside'] == half['wrong_notes'] == half['rubs_before'] == 0
  assert report['interval']['content_change'] == [0., .5]  # of two draws, both may fall on either


def test_interval_holds_the_mean():
  values = np.random.default_rng(0).normal(3, 1, 400)
  low, high = transfer.interval(values)
  assert low < values.mean() < high
  assert high - low == pytest.approx(2 * 1.96 * values.std() / 20, rel=.1)
  assert transfer.interval([2.]) == [2., 2.]


def test_csv_with_relative_paths(folder):
  (folder / 't.csv').write_text('style,content,output\nstyle.mid,content/a.mid,output/a.mid\n')
  assert transfer.read_triples(folder / 't.csv') == [
      transfer.Triple(*(str(folder / name) for name in ('content/a.mid', 'style.mid', 'output/a.mid')))]


@pytest.mark.parametrize('text, said', [
    ('content,style\na,b\n', 'no column output'), ('content,style,output\n', 'holds no triple'), ('', 'no column'),
    ('content,style,output\na,b,c\na,,c\n', 'line 3 has an empty field')])
def test_bad_csv(tmp_path, text, said):
  (tmp_path / 't.csv').write_text(text)
  with pytest.raises(errors.DataError, match=said):
    transfer.read_triples(tmp_path / 't.csv')
  with pytest.raises(errors.DataError, match='cannot be read'):
    transfer.read_triples(tmp_path / 'missing.csv')


def test_a_bad_triple_is_told_and_the_rest_measured(folder):
  (folder / 'output' / 'b.mid').write_bytes(b'MThd no music')
  report = transfer.run(transfer.match(str(folder / 'content'), str(folder / 'style.mid'), str(folder / 'output')))
  assert report['count'] == 1 and 'b.mid' in report['rejected'][0]['why']
  assert 'rejected: ' in transfer.table(report) and json.dumps(report)


def test_all_bad_is_an_error(folder):
  with pytest.raises(errors.ReadError, match='missing.mid'):
    transfer.run([transfer.Triple(str(folder / 'missing.mid'), str(folder / 'style.mid'), str(folder / 'output' / 'a.mid'))])


def test_outputs_without_their_contents(folder, tmp_path):
  midi.write(testing.sequence(_CONTENT), tmp_path / 'other' / 'z.mid')
  with pytest.raises(errors.DataError, match='no file has the name'):
    transfer.match(str(folder / 'content'), str(folder / 'style.mid'), str(tmp_path / 'other'))


def test_the_verb(folder, capsys):
  arguments = ['evaluate', '--mode=transfer', f'--style={folder}/style.mid', f'--output={folder}/r.json']
  assert command.execute([*arguments, f'--content={folder}/content', f'--result={folder}/output']) == 0
  printed = capsys.readouterr().out
  assert 'content_change                     0.250     0.000    0.500  Sounding sixteenths' in printed
  assert 'tune_kept                          0.750     0.500    1.000  Share of the notes of the tune' in printed
  assert 'The same of the content itself.' in printed
  assert json.loads((folder / 'r.json').read_text())['mean']['content_change'] == .25
  assert command.execute([*arguments, f'--content={folder}/content']) == 2
  assert 'needs either --triples' in capsys.readouterr().err


def test_what_is_assumed_of_contents_is_told(folder, capsys):
  midi.write(testing.sequence([(48 + 3 * (i % 7), i / 2, i / 2 + .5) for i in range(64)], meter=(1, 4)), folder / 'content' / 'a.mid')
  arguments = ['evaluate', '--mode=transfer', f'--style={folder}/style.mid', f'--content={folder}/content', f'--result={folder}/output']
  assert command.execute(arguments) == 0
  assert 'assumed of contents: 1 meter_guessed' in capsys.readouterr().out


def test_drums_have_no_tune_to_keep(tmp_path):
  for name in ('content', 'style', 'output'):
    midi.write(testing.drums(2), tmp_path / f'{name}.mid')
  report = transfer.run(transfer.match(*(str(tmp_path / f'{name}.mid') for name in ('content', 'style', 'output'))))
  assert report['count'] == 1 and 'tune_kept' not in report['mean']
