"""From a Lakh folder with tags to windows of a band: several tags of a song, and what is refused, counted by reason."""
from data_prep import prepare
from musicnst.data import dataset
from musicnst.rendering import midi
from musicnst.representations import testing


def _song(seed, meter=4):
  sequence = testing.band(8, seed)
  testing.add(sequence, [(60 + i % 12, i, i + 1) for i in range(32)], program=48, instrument=4)
  sequence.time_signatures[0].numerator = meter
  return sequence


def test_lakh_to_windows_with_tags(tmp_path):
  songs = {'TRAAAAK128F9318786': _song(0), 'TRAAABD128F429CF47': _song(1), 'TRAAADZ128F9348C2E': _song(2, meter=3),
           'TRAAAEF128F4273421': testing.melody(8)}
  for song, sequence in songs.items():
    (tmp_path / 'lakh' / song).mkdir(parents=True)
    midi.write(sequence, str(tmp_path / 'lakh' / song / 'a.mid'))
  (tmp_path / 'lakh' / 'tags.tsv').write_text('TRAAAAK128F9318786\trock\tpop\nTRAAADZ128F9348C2E\twaltz\n')
  (tmp_path / 'lakh' / 'polka').mkdir()  # a genre's folder without music
  prefix = f'{tmp_path}/windows'
  report = prepare.run(prefix, 'musae-2bar_mixture', corpus_names='lakh', corpus_root=str(tmp_path / 'lakh'), output_shards=1)
  reasons = {row[1] for row in report['rejected']} if isinstance(report['rejected'][0], (list, tuple)) else {
      row['reason'] for row in report['rejected']}
  assert reasons == {'unsupported_meter', 'missing_tracks'}
  counted = {}
  for split in ('train', 'validation', 'test'):
    for tags, count in dataset.count_labels(f'{prefix}-{split}-*').items():
      counted[tags] = counted.get(tags, 0) + count
  assert set(counted) == {'rock|pop', ''} and sum(counted.values()) == sum(report['examples'].values())
