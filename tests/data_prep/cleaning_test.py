"""Filters by hand-counted music; sections; sketches that know a tune again in any key, tempo and edition."""
import numpy as np
import pytest

from data_prep import cleaning
from data_prep import splits
from musicnst import errors
from musicnst.representations import testing


def _reason(function, *args):
  with pytest.raises(errors.RejectedSequence) as caught:
    function(*args)
  return caught.value.reason


def _tune(seed, length=120, transpose=0, stretch=1.0, chords=True):
  random = np.random.default_rng(seed)
  at, notes = 0.0, []
  for pitch, step in zip(random.integers(60, 80, length), random.integers(1, 5, length), strict=True):
    notes.append((int(pitch) + transpose, at * stretch, (at + .9 * step / 4) * stretch))
    if chords and random.random() < .5:
      notes.append((int(pitch) + transpose - 12, at * stretch + .02, (at + .5) * stretch))
    at += step / 4
  return testing.sequence(notes, qpm=60)


def test_filters_by_hand():
  sequence = testing.sequence([(60, 0, 1, 50), (62, 1, 2, 60), (64, 2.25, 3, 60)], qpm=60)
  cleaning.Filters(max_total_time=3, max_num_notes=3).check(sequence)
  cleaning.Filters(min_velocities=2, min_metric_positions=2).check_in_beats(sequence)
  assert _reason(cleaning.Filters(max_total_time=2.9).check, sequence) == 'too_long'
  assert _reason(cleaning.Filters(max_num_notes=2).check, sequence) == 'too_many_notes'
  assert _reason(cleaning.Filters(drums_only=True).check, sequence) == 'not_drums_only'
  assert _reason(cleaning.Filters(min_velocities=3).check_in_beats, sequence) == 'too_few_velocities'
  assert _reason(cleaning.Filters(min_metric_positions=3).check_in_beats, sequence) == 'too_few_metric_positions'
  assert _reason(cleaning.Filters(is_drum=True).check_in_beats, sequence) == 'too_few_velocities'


def test_is_drum_chooses_the_notes_that_count():
  band = testing.band(2)
  cleaning.Filters(is_drum=True).check_in_beats(band)
  cleaning.Filters(is_drum=False).check_in_beats(band)
  cleaning.Filters(drums_only=True).check(testing.drums(2))


def test_a_damaged_tempo_does_not_swell_a_job():
  cleaning.check_length(testing.sequence([(60, 0, 1), (60, 49_000, 49_001)], qpm=60))
  assert _reason(cleaning.check_length, testing.sequence([(60, 0, 1), (60, 60_000, 60_001)], qpm=60)) == 'too_many_beats'


def test_sections_of_one_meter():
  sequence = testing.sequence([(60, 0, 3), (62, 3, 5), (64, 4, 6), (65, 6, 8), (67, 9.5, 10)], qpm=60, meter=(4, 4))
  sequence.time_signatures.add(time=4.0, numerator=3, denominator=4)
  sequence.time_signatures.add(time=7.0, numerator=6, denominator=8)
  parts = cleaning.one_meter_sections(sequence)
  found = [[(n.pitch, n.start_time, n.end_time) for n in part.notes] for part in parts]
  assert found == [[(60, 0, 3), (62, 3, 4)], [(64, 0, 2), (65, 2, 3)], [(67, 2.5, 3)]]
  assert [(p.time_signatures[0].numerator, p.time_signatures[0].denominator) for p in parts] == [(4, 4), (3, 4), (6, 8)]
  assert all([t.qpm for t in p.tempos] == [60.0] for p in parts)


def test_a_section_begins_with_the_chord_that_holds():
  sequence = testing.sequence([(60, 0, 3), (62, 4, 8)], qpm=60)
  sequence.time_signatures.add(time=4.0, numerator=3, denominator=4)
  kind = sequence.TextAnnotation.CHORD_SYMBOL
  for time, symbol in ((0.0, 'C'), (2.0, 'F'), (5.0, 'G')):
    sequence.text_annotations.add(annotation_type=kind, time=time, text=symbol)
  parts = cleaning.one_meter_sections(sequence)
  assert [[(a.time, a.text) for a in part.text_annotations] for part in parts] == [[(0, 'C'), (2, 'F')], [(0, 'F'), (1, 'G')]]


def test_one_meter_is_left_alone_and_a_hundred_changes_are_too_many():
  sequence = testing.chords(2)
  assert cleaning.one_meter_sections(sequence) == [sequence]
  wild = testing.sequence([(60, 0, 800)], qpm=60)
  for i in range(1, 120):
    wild.time_signatures.add(time=4.0 * i, numerator=3 + i % 2, denominator=4)
  assert _reason(cleaning.one_meter_sections, wild) == 'too_many_meter_changes'


def test_skyline_by_hand():
  sequence = testing.sequence([(48, 0, 4), (60, 0.02, 1), (64, 1, 2), (62, 1, 2), (50, 2, 3)], qpm=60)
  testing.add(sequence, [(38, 3, 4)], is_drum=True)
  assert cleaning.skyline(sequence).tolist() == [60, 64, 50]


def test_signature_is_the_same_in_every_key_and_tempo():
  original = cleaning.signature(_tune(1))
  assert original.dtype == np.uint32 and original.shape == (128,)
  np.testing.assert_array_equal(original, cleaning.signature(_tune(1, transpose=5)))
  np.testing.assert_array_equal(original, cleaning.signature(_tune(1, stretch=1.7)))
  assert np.mean(original == cleaning.signature(_tune(2))) < .05


def test_share_of_equal_numbers_estimates_the_jaccard_index():
  long, short = _tune(3, 400), _tune(3, 200)
  runs = [set(cleaning._interval_runs(cleaning.skyline(s)).tolist()) for s in (long, short)]
  jaccard = len(runs[0] & runs[1]) / len(runs[0] | runs[1])
  estimate = np.mean(cleaning.signature(long) == cleaning.signature(short))
  assert abs(estimate - jaccard) < .15 and .4 < jaccard < .6


def test_too_short_to_say():
  assert cleaning.signature(testing.sequence([(60, i, i + 1) for i in range(7)])) is None
  assert cleaning.signature(testing.drums(4)) is None


def _entry(i, seed, split='', **kwargs):
  return splits.Entry(f'/id/{i}', split, '', cleaning.signature(_tune(seed, **kwargs)))


def test_versions_of_a_piece_are_grouped():
  entries = [_entry(0, 1), _entry(1, 2), _entry(2, 1, transpose=3), _entry(3, 3), _entry(4, 1, length=100), _entry(5, 2, stretch=.8)]
  assert splits.group(entries).tolist() == [0, 1, 0, 3, 0, 1]


def test_works_are_grouped_and_groups_join():
  entries = [splits.Entry('a', work='w'), _entry(1, 1), splits.Entry('c', work='w', signature=cleaning.signature(_tune(1, transpose=1)))]
  assert splits.group(entries).tolist() == [0, 0, 0]
  assert splits.group([]).tolist() == []


def test_undeclared_groups_go_whole_and_keep_their_place():
  entries = [_entry(i, i // 2, transpose=i % 2) for i in range(60)]
  chosen, groups = splits.assign(entries)
  assert all(chosen[i] == chosen[i + 1] for i in range(0, 60, 2))
  more, _ = splits.assign(entries + [_entry(i, i) for i in range(100, 130)])
  assert more[:60] == chosen and len(set(groups.tolist())) == 30


def test_declared_splits_are_kept_and_leaks_left_out():
  entries = [_entry(0, 1, 'train'), _entry(1, 1, 'test', transpose=2), _entry(2, 2, 'train'), _entry(3, 3, 'validation'),
             _entry(4, 3, 'train', stretch=2.0), _entry(5, 2, '', transpose=1)]
  chosen, _ = splits.assign(entries)
  assert chosen == [None, 'test', 'train', 'validation', None, 'train']


def test_split_by_hash_has_the_asked_shares_and_is_fixed():
  found = [splits.by_hash(f'piece {i}') for i in range(5000)]
  shares = [found.count(split) / 5000 for split in splits.SPLITS]
  np.testing.assert_allclose(shares, [.8, .1, .1], atol=.02)
  assert splits.by_hash('x', {'train': 0.0, 'validation': 0.0, 'test': 1.0}) == 'test'
  # sha256('a') begins ca978112 = .79: train with the default shares.
  assert splits.by_hash('a') == 'train' and splits.by_hash('a', {'train': .79, 'validation': .21}) == 'validation'


def test_many_pieces_with_one_idiom_are_not_compared_all_with_all():
  same = np.zeros((1000, 128), np.uint32)
  assert len(splits.similar_pairs(list(same))) <= 64 * 1000
  assert set(splits.group([splits.Entry(str(i), signature=row) for i, row in enumerate(same)]).tolist()) == {0}
