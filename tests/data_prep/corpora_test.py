"""Every corpus finds, reads and labels its pieces, in the layout of a manifest's folder and in its publisher's own."""
import csv

import numpy as np
import pytest

from data_prep import splits
from data_prep.corpora import corpus as corpus_lib
from data_prep.corpora import corpus_map
from data_prep.corpora import lakh
from data_prep.corpora import pop909
from data_prep.corpora import tpd
from musicnst import errors
from musicnst.rendering import midi
from musicnst.representations import testing


def _midi(path, sequence=None, **kwargs):
  path.parent.mkdir(parents=True, exist_ok=True)
  midi.write(sequence or testing.chords(2, **kwargs), str(path))


def _table(path, rows):
  with open(path, 'w', newline='', encoding='utf-8') as file:
    writer = csv.DictWriter(file, list(rows[0]))
    writer.writeheader()
    writer.writerows(rows)


def _song(folder, first_beat=.5, period=.6):
  """A song of quarters at a drifting tempo over one held note, with its annotation; the second beat is the first downbeat."""
  times = first_beat + period * np.arange(24) + .004 * np.arange(24) ** 1.5
  sequence = testing.sequence([], qpm=90)
  for i in range(1, 20):
    sequence.notes.add(pitch=60 + i, velocity=80, start_time=times[i], end_time=times[i + 1], instrument=1)
  sequence.notes.add(pitch=40, velocity=80, start_time=times[1], end_time=times[20])
  for instrument, name in enumerate(('PIANO', 'MELODY')):
    sequence.instrument_infos.add(instrument=instrument, name=name)
  sequence.total_time = times[20]
  _midi(folder / f'{folder.name}.mid', sequence)
  marks = ['%.6f %d.0 %d.0' % (t, i % 2, i % 4 == 1) for i, t in enumerate(times)]
  (folder / 'beat_midi.txt').write_text('\n'.join(marks) + '\n')


def _make(name, root):
  """The publisher's layout of a corpus, two pieces or more."""
  if name.startswith('pop909'):
    _song(root / '001')
    _song(root / '002', period=.5)
    _midi(root / '002' / 'versions' / '002-v1.mid')
  elif name.startswith('nottingham'):
    _midi(root / 'MIDI' / 'reels1.mid')
    _midi(root / 'MIDI' / 'jigs2.mid', seed=1)
    _midi(root / 'MIDI' / 'melody' / 'jigs2.mid', seed=1)
  elif name == 'asap':
    rows = [{'composer': c, 'midi_score': f'{c}/{p}/midi_score.mid', 'midi_performance': f'{c}/{p}/{n}.mid'}
            for c, p in (('Bach', 'Fugue'), ('Liszt', 'Sonata')) for n in 'ab']
    for i, row in enumerate(rows):
      _midi(root / row['midi_score'], seed=i)
    _table(root / 'metadata.csv', rows)
  elif name == 'maestro':
    rows = [{'canonical_composer': 'Franz Liszt', 'canonical_title': 'Sonata', 'split': split, 'midi_filename': f'2004/{i}.midi'}
            for i, split in enumerate(('train', 'test'))]
    for i, row in enumerate(rows):
      _midi(root / 'maestro-v1.0.0' / row['midi_filename'], seed=i)
    _table(root / 'maestro-v1.0.0' / 'maestro-v1.0.0.csv', rows)
  elif name == 'lakh':
    for i, song in enumerate(('TRAAAAK128F9318786', 'TRAAABD128F429CF47')):
      _midi(root / 'A' / 'A' / song / f'{i}.mid', seed=i)
    (root / 'msd_tagtraum.cls').write_text('# a comment\nTRAAAAK128F9318786\tRock\tPop\nTRAAABD128F429CF47\tJazz\nTRAAAAK128F9318786\tRock\n')
  else:
    for i, folder in enumerate(('jazz', 'classical', 'jazz')):
      _midi(root / folder / f'{i}.mid', seed=i)
  return root


EXPECTED = {
    'pop909': {('pop', '')}, 'nottingham': {('folk', '')}, 'pop909-melody': {('pop', '')}, 'nottingham-melody': {('folk', '')},
    'asap': {('classical', 'Bach'), ('classical', 'Liszt')},
    'maestro': {('classical', 'Franz Liszt')}, 'tpd': {('jazz', ''), ('classical', '')}, 'tpd-jazz': {('jazz', '')},
    'folder': {('jazz', ''), ('classical', '')}, 'karaoke': {('pop-band', '')}, 'easymusicnotes': {('easy-piano', '')},
    'lakh': {('Rock|Pop', ''), ('Jazz', '')},
}


@pytest.mark.parametrize('name', corpus_map.CORPUS_MAP)
def test_corpus_contract(name, tmp_path):
  entry = corpus_map.CORPUS_MAP[name]
  assert entry.name == name and entry.license and entry.description
  assert all(archive.url.startswith('https://') and archive.folder and len(archive.sha256) in (0, 64) for archive in entry.archives)
  pieces = entry.pieces(_make(name, tmp_path))
  assert len(pieces) >= 2 and len({piece.id for piece in pieces}) == len(pieces)
  assert {(piece.genre, piece.composer) for piece in pieces} == EXPECTED[name]
  sequences = list(entry.sequences(tmp_path))
  assert len(sequences) == len(pieces)
  for sequence, piece in zip(sequences, pieces, strict=True):
    assert sequence.id == piece.id and sequence.id.startswith('/id/midi/') and sequence.collection_name == name
    assert list(sequence.sequence_metadata.genre) == [piece.genre] and sequence.notes
    assert list(sequence.sequence_metadata.composers) == ([piece.composer] if piece.composer else [])
  parts = [[s.id for s in entry.sequences(tmp_path, split)] for split in splits.SPLITS]
  assert sorted(sum(parts, [])) == sorted(s.id for s in sequences)


@pytest.mark.parametrize('name', corpus_map.CORPUS_MAP)
def test_a_folder_without_the_corpus_is_named(name, tmp_path):
  with pytest.raises(errors.DataError, match='no pieces of the corpus'):
    corpus_map.CORPUS_MAP[name].pieces(tmp_path)


def test_manifest_gives_label_and_split(tmp_path):
  _midi(tmp_path / 'tpd' / 'jazz' / 'a.mid')
  _midi(tmp_path / 'tpd' / 'classical' / 'b.mid')
  row = {'corpus': 'tpd', 'path': 'tpd/jazz/a.mid', 'label': 'jazz', 'split': 'test', 'license': '-'}
  _table(tmp_path / 'manifest.csv', [row, {**row, 'path': 'tpd/classical/b.mid', 'label': 'classical', 'split': 'train'},
                                     {**row, 'corpus': 'karaoke', 'path': 'k.mid'}])
  entry = corpus_map.CORPUS_MAP['tpd']
  assert [(p.filename, p.genre, p.split) for p in entry.pieces(tmp_path)] == [
      ('tpd/classical/b.mid', 'classical', 'train'), ('tpd/jazz/a.mid', 'jazz', 'test')]
  assert [p.filename for p in entry.pieces(tmp_path, 'train')] == ['tpd/classical/b.mid']


def test_pop909_is_put_on_its_annotated_beats(tmp_path):
  _make('pop909', tmp_path)
  sequence = next(iter(corpus_map.CORPUS_MAP['pop909'].sequences(tmp_path)))
  starts = np.array(sorted(note.start_time for note in sequence.notes if note.pitch > 60))
  # The first note is on the first downbeat, which is to lie on a multiple of 4; the reader rounds to ticks.
  np.testing.assert_allclose(starts - starts[0], np.arange(19), atol=.01)
  assert starts[0] % 4 == pytest.approx(0, abs=.01) or starts[0] % 4 == pytest.approx(4, abs=.01)
  assert [t.qpm for t in sequence.tempos] == [60.0]
  assert [(s.numerator, s.denominator, s.time) for s in sequence.time_signatures] == [(4, 4, 0.0)]


def test_melodies_are_one_track(tmp_path):
  _make('pop909', tmp_path)
  sequence = next(iter(corpus_map.CORPUS_MAP['pop909-melody'].sequences(tmp_path)))
  assert [note.pitch for note in sequence.notes] == list(range(61, 80))
  assert [t.qpm for t in sequence.tempos] == [60.0]


def test_a_tune_is_the_first_track_without_its_chords(tmp_path):
  sequence = testing.sequence([(72, 0, 1), (74, 1, 2)])
  sequence.notes.add(pitch=48, velocity=80, start_time=0, end_time=1, instrument=1)
  _midi(tmp_path / 'MIDI' / 'reels1.mid', sequence)
  assert [[note.pitch for note in s.notes] for s in corpus_map.CORPUS_MAP['nottingham-melody'].sequences(tmp_path)] == [[72, 74]]


def test_a_song_without_a_melody_is_rejected_by_name(tmp_path):
  sequence = testing.sequence([(60, 0, 1)])
  _song(tmp_path / '001')
  _midi(tmp_path / '001' / '001.mid', sequence)
  rejected = []
  assert not list(corpus_map.CORPUS_MAP['pop909-melody'].sequences(tmp_path, on_reject=lambda piece, error: rejected.append(error.reason)))
  assert rejected == ['no_melody']


def test_pop909_without_annotation_is_rejected_by_name(tmp_path):
  _make('pop909', tmp_path)
  (tmp_path / '001' / 'beat_midi.txt').unlink()
  (tmp_path / '002' / 'beat_midi.txt').write_text('not beats')
  rejected = []
  entry = corpus_map.CORPUS_MAP['pop909']
  assert not list(entry.sequences(tmp_path, on_reject=lambda piece, error: rejected.append(error.reason)))
  assert rejected == ['no_beat_annotation'] * 2


def test_beats_before_the_annotation_begin_keep_bars_whole(tmp_path):
  (tmp_path / 'b.txt').write_text('\n'.join(f'{2.3 + .5 * i} 0.0 {float(i % 4 == 2)}' for i in range(12)))
  beats = pop909.beat_map(tmp_path / 'b.txt')
  assert beats.to_beats(0.0) >= 0 and beats.to_beats(3.3) % 4 == pytest.approx(0)


def test_concentration_tells_beat_from_free_playing():
  random = np.random.default_rng(0)
  def share(beats):
    return tpd.beat_concentration(testing.sequence([(60, b, b + .2) for b in beats]))
  bars = np.arange(200) // 2 + np.where(np.arange(200) % 2, .62, 0.0)
  assert share(bars + random.normal(0, .03, 200) + 1) > tpd.MIN_CONCENTRATION  # swing, loosely played
  assert share(np.arange(100) / 2) > .99
  assert share(np.sort(random.uniform(0, 100, 400))) < .15
  assert tpd.beat_concentration(testing.sequence([])) == 0


def test_jazz_off_its_beat_is_rejected(tmp_path):
  starts = np.sort(np.random.default_rng(0).uniform(0, 60, 300))
  _midi(tmp_path / 'jazz' / 'free.mid', testing.sequence([(60, b, b + .2) for b in starts]))
  with pytest.raises(errors.RejectedSequence) as caught:
    tpd.read_on_beat(corpus_map.CORPUS_MAP['tpd-jazz'].pieces(tmp_path)[0])
  assert caught.value.reason == 'off_the_beat'


def test_editions_without_repeats_are_one_work():
  for name in ('Beethoven__Piano_Sonatas__24-1_no_2_repeat', 'Beethoven__Piano_Sonatas__24-1_no_repeat'):
    assert corpus_map.asap.work_of(f'asap-scores/{name}.mid') == 'asap-scores/Beethoven__Piano_Sonatas__24-1'


def test_names_and_collections():
  assert [c.name for c in corpus_map.get('all-genres,pop909')] == ['pop909', 'nottingham', 'asap', 'tpd-jazz']
  with pytest.raises(errors.UnknownNameError, match="Did you mean 'pop909'"):
    corpus_map.get('pop90')


def test_ids_are_magentas():
  # convert_dir_to_note_sequences: /id/<type>/<collection>/<sha1 of the file name>; the sha1 is that of "a.mid".
  piece = corpus_lib.make_piece('mine', '/root', 'a.mid')
  assert piece.id == '/id/midi/mine/d7e0e2b60e4b6b124e635f12edb60e23f3e87903'


@pytest.mark.parametrize('name', [name for name in corpus_map.CORPUS_MAP if name not in ('folder', 'lakh')])
def test_real_corpora(name, shared):
  entry = corpus_map.CORPUS_MAP[name]
  counts = {'pop909': 821, 'nottingham': 936, 'pop909-melody': 821, 'nottingham-melody': 936, 'asap': 213,
            'tpd': 623, 'tpd-jazz': 303, 'maestro': 1184, 'karaoke': 130, 'easymusicnotes': 145}
  pieces = entry.pieces(shared / 'data')
  assert len(pieces) == counts[name] and all(piece.split in splits.SPLITS for piece in pieces)
  for piece in pieces[::max(1, len(pieces) // 3)]:
    try:
      assert entry.labelled(piece)[0].notes
    except errors.RejectedSequence as error:
      assert error.reason == 'off_the_beat'


def test_tags_of_songs(tmp_path):
  for number, text in enumerate(('TRAAAAK128F9318786<SEP>rock<SEP>indie rock\n', '0a1b,pop,rock # two\n\n# nothing\n')):
    (tmp_path / f'{number}.txt').write_text(text)
  assert lakh.read_tags(tmp_path / '0.txt') == {'TRAAAAK128F9318786': ('rock', 'indie rock')}
  assert lakh.read_tags(tmp_path / '1.txt') == {'0a1b': ('pop', 'rock')}
  _midi(tmp_path / 'songs' / '0a1b.mid')
  assert lakh.CORPUS.pieces(tmp_path / 'songs')[0].genre == ''
  (tmp_path / 'songs' / 'tags.csv').write_text('0a1b,pop,rock\n')
  piece, = lakh.CORPUS.pieces(tmp_path / 'songs')
  assert piece.genre == 'pop|rock' and piece.work == '0a1b'
  (tmp_path / 'songs' / 'tags.csv').write_text('ffff,pop\n')
  with pytest.raises(errors.DataError, match='names none of the 1 songs'):
    lakh.CORPUS.pieces(tmp_path / 'songs')
  for text in ('', 'only words\n'):
    (tmp_path / 'songs' / 'tags.csv').write_text(text)
    with pytest.raises(errors.DataError, match='no line has a track id and a tag'):
      lakh.CORPUS.pieces(tmp_path / 'songs')
