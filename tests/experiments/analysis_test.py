"""Truths of chords and parts, kinds of error, and the whole measurement on a corpus of two tunes."""
import json

from absl import flags
import pytest

from experiments import run
from experiments.analysis import analysis
from experiments.analysis import form_truth
from musicnst.analysis import qualities
from musicnst.rendering import midi
from musicnst import music_proto

Q = qualities.QUALITIES.index
TUNE = """X:1
T:two parts
M:4/4
L:1/4
K:C
G|:"C"cdef|"G"gfed|"C"cegc|"G"d3G:|
|:"F"fefa|"C"gece|"G"dBGB|[1"C"c3G:|[2"C"c4||
"""


def test_parts_as_played(tmp_path):
  path = tmp_path / 'tunes.abc'
  path.write_text(TUNE)
  tune, = form_truth.tunes(str(path))
  assert tune.lines == [1, 5, 9, 13] and [tune.parts.index(part) for part in tune.parts] == [0, 0, 2, 2]
  assert len(tune.score.bars) == 17


@pytest.mark.parametrize('estimated, truth, tolerance, expected', [
    ([4, 8], [4, 8], 0, (1, 1, 1)), ([4, 9], [4, 8], 0, (.5, .5, .5)), ([4, 9], [4, 8], 1, (1, 1, 1)), ([7, 8, 9], [8], 1, (1 / 3, 1, .5)),
    ([], [8], 1, (0, 0, 0))])
def test_boundary_scores(estimated, truth, tolerance, expected):
  assert form_truth.boundary_scores(estimated, truth, tolerance) == pytest.approx(expected)


def test_kinds_of_error():
  major = [(i, i + 1, 0, Q('maj'), 0) for i in range(6)]
  truth = [*major[:3], (3, 4, 0, Q('sus4'), 0), (4, 5, -1, -1, -1), major[5]]
  mine = [major[0], (1, 2, 0, Q('maj'), 4), (2, 3, 9, Q('min7'), 9), major[3], (4, 5, 2, Q('min'), 2), (5, 6, 0, Q('7'), 0)]
  assert dict(analysis.mistakes(mine, truth)) == {
      'right': 1, 'bass': 1, 'another root, 3 tones shared': 1, 'sus4 as maj': 1, 'chord for none': 1,
      'sevenths, sixths and the like on the right triad': 1}


def _piece(path):
  """Eight bars C F G C C F G C, a tune over block chords in a second track, signed C major."""
  sequence = music_proto.NoteSequence(total_time=16, ticks_per_quarter=220)
  sequence.tempos.add(qpm=120)
  sequence.key_signatures.add(key=0)
  for bar, root in enumerate((48, 53, 55, 48) * 2):
    for tone in (0, 4, 7):
      sequence.notes.add(pitch=root + tone, velocity=80, start_time=2 * bar, end_time=2 * bar + 2, instrument=1)
      sequence.notes.add(pitch=root + tone + 12, velocity=80, start_time=2 * bar + tone / 8, end_time=2 * bar + tone / 8 + .5, instrument=0)
    sequence.notes.add(pitch=root - 12, velocity=80, start_time=2 * bar, end_time=2 * bar + 2, instrument=0)
  path.parent.mkdir(parents=True, exist_ok=True)
  midi.write(sequence, str(path))


def test_the_whole_measurement(tmp_path):
  rows = ['corpus,path,label,split,license']
  for corpus in ('pop909cl', 'nottingham', 'asap-scores'):
    _piece(tmp_path / corpus / '1.mid')
    rows.append(f'{corpus},{corpus}/1.mid,x,test,none')
  (tmp_path / 'manifest.csv').write_text('\n'.join(rows))
  (tmp_path / 'nottingham' / 'abc').mkdir()
  (tmp_path / 'nottingham' / 'abc' / 'tunes.abc').write_text('\n'.join(TUNE.replace('X:1', f'X:{i}') for i in range(2)))
  values = flags.FlagValues()
  analysis.define_flags(values)
  assert run.execute(['analysis', f'--corpus_root={tmp_path}', '--split=test', f'--output={tmp_path}/found', '--roman=']) == 0
  found = json.loads((tmp_path / 'found.json').read_text())
  assert found['chords']['POP909-CL']['root'] == 1 and found['chords']['POP909-CL']['full'] == 1
  assert found['keys']['pop909cl']['key of the piece'] == 1 and found['forms']['tunes'] == 1
  assert '| POP909-CL | 1 | 1.000 |' in (tmp_path / 'found.md').read_text()
