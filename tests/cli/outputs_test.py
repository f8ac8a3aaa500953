"""Where `transfer` writes: scores, all candidates, and what is refused before any work."""
import csv
import os

import pytest

from musicnst.cli import command
from musicnst.reading import files
from musicnst.rendering import midi
from musicnst.representations import testing
from musicnst.style_transfer import transfer

TRIADS = ((48, 52, 55), (53, 57, 60), (55, 59, 62), (48, 52, 55))


@pytest.fixture
def run(capsys, tmp_path, monkeypatch):
  """`transfer` of a song in a style of 24 different bars, in an empty folder; returns (exit code, stdout, stderr)."""
  monkeypatch.chdir(tmp_path)
  song = [(72 + TRIADS[b % 4][2] % 12, 4 * b, 4 * b + 4) for b in range(8)] + [(p, 4 * b, 4 * b + 4) for b in range(8) for p in TRIADS[b % 4]]
  midi.write(testing.sequence(song), 'song.mid')
  midi.write(testing.chords(24, 1), 'style.mid')

  def execute(*arguments):
    status = command.execute(['transfer', '--content=song.mid', '--style=style.mid', *arguments])
    captured = capsys.readouterr()
    return status, captured.out, captured.err
  return execute


def test_all_candidates_into_a_folder(run):
  status, out, err = run('--candidates=3', '--output=all', '--report_dir=reports', '--noaudio')
  assert not status, err
  assert sorted(os.listdir('all')) == ['results.csv', 'song-1.mid', 'song-2.mid', 'song-3.mid']
  assert sorted(os.listdir('reports')) == ['song-1.html', 'song-2.html', 'song-3.html']
  assert out.count('tune kept') == 3 and 'all/song-2.mid' in out and 'all/results.csv' in out
  with open('all/results.csv', newline='', encoding='utf-8') as file:
    rows = list(csv.DictReader(file))
  assert [row['output'] for row in rows] == ['song-1.mid', 'song-2.mid', 'song-3.mid'] and float(rows[0]['tune_kept']) == 1
  notes = [sorted((n.pitch, n.start_time) for n in files.read(f'all/song-{i}.mid')[0].notes) for i in (1, 2, 3)]
  assert notes[0] != notes[1] != notes[2] != notes[0]


def test_candidates_take_other_bars(run):
  del run  # for its files
  result = transfer.transfer('song.mid', 'style.mid', candidates=3)
  taken = [[one.bars for one in candidate.taken] for candidate in result.candidates]
  for i, first in enumerate(taken):
    for second in taken[:i]:
      assert sum(a == b for a, b in zip(first, second)) <= len(first) / 3
  best = result.settings['candidate_kept'] - 1
  assert result.taken == result.candidates[best].taken and result.metrics == result.candidates[best].metrics
  assert not transfer.transfer('song.mid', 'style.mid').candidates


def test_the_best_into_a_file(run):
  assert not run('--candidates=2', '--output=best.mid')[0]
  assert os.path.exists('best.mid')


def test_a_score(run):
  pytest.importorskip('music21')
  status, out, err = run('--output=out/song.musicxml')
  assert not status and 'out/song.musicxml' in out, err
  notes = {(n.pitch, n.start_time, n.end_time) for n in files.read('out/song.musicxml')[0].notes}
  assert {(72 + TRIADS[b % 4][2] % 12, 2.0 * b, 2.0 * b + 2) for b in range(8)} <= notes


@pytest.mark.parametrize('arguments, said', [
    (['--output=song.pdf'], '.pdf is neither'), (['--output=result'], 'no extension'), (['--output=.'], 'is a folder'),
    (['--output=song.mid/', '--candidates=2'], 'song.mid')])
def test_refused_before_any_work(run, monkeypatch, arguments, said):
  monkeypatch.setattr(transfer, 'transfer_each', None)
  status, _, err = run(*arguments)
  assert status == 2 and said in err
