"""Every registered metric on a copy and on an unrelated piece."""
import pytest

from musicnst import errors
from musicnst.metrics import metric_map
from musicnst.representations import testing

# What a copy of the content must measure.
COPY = {'content_change': 0, 'content_added': 0, 'content_removed': 0, 'onset_change': 0, 'chroma_similarity': 1, 'skyline_kept': 1,
        'density_ratio': 1, 'style_time_pitch': 0, 'style_onset_duration': 0, 'style_onset_velocity': 0}
# What silence measures as content, style and result; what a tune gives that became silence, and silence that became the style: eight notes,
# three of them in C major (the key of silence), two of a sixteenth, 28 sixteenths in all.
SILENCE = {**COPY, 'chroma_similarity': 0, 'density_ratio': 0, 'key_share': 1, 'one_step_share': 0, 'longest_common_notes': 0,
           'common_notes_share': 0}
SILENCED = {**SILENCE, 'content_change': 1, 'content_removed': 1, 'onset_change': 1, 'skyline_kept': 0}
FROM_SILENCE = {**SILENCE, 'content_change': 28, 'content_added': 28, 'onset_change': 8, 'density_ratio': 8, 'key_share': 3 / 8,
                'one_step_share': 2 / 8, 'style_time_pitch': 1, 'style_onset_duration': 1, 'style_onset_velocity': 1,
                'longest_common_notes': 8, 'common_notes_share': 1}


def test_a_copy():
  content, style = testing.chords(8, 0), testing.chords(8, 1)
  measured = metric_map.measure(content, style, content)
  assert set(measured) == {n for n, m in metric_map.METRIC_MAP.items() if m.of_transfer}
  for name, value in COPY.items():
    assert measured[name] == pytest.approx(value), name


def test_the_style_piece_itself():
  content, style = testing.chords(8, 0), testing.chords(8, 1)
  measured = metric_map.measure(content, [style, testing.melody(4)], style, names=['longest_common_notes', 'common_notes_share'])
  assert measured == {'longest_common_notes': len(style.notes), 'common_notes_share': 1.}
  assert metric_map.measure(content, style, style, names=['style_time_pitch'])['style_time_pitch'] == pytest.approx(1.)


def test_what_is_better_is_what_a_copy_has_more_of_or_the_style_itself():
  content, style = testing.chords(8, 0), testing.chords(8, 1)
  copy, other = (metric_map.measure(content, style, result) for result in (content, style))
  sign = {'higher': 1, 'lower': -1}
  for name in COPY:
    metric = metric_map.METRIC_MAP[name]
    if metric.better == 'near 1':
      assert abs(copy[name] - 1) < abs(other[name] - 1)
    else:
      assert sign[metric.better] * (copy[name] - other[name]) * (-1 if name.startswith('style') else 1) > 0, name


def test_silence():
  empty, tune = testing.sequence([]), testing.melody(2)
  assert metric_map.measure(empty, empty, empty) == SILENCE
  assert metric_map.measure(tune, empty, empty) == SILENCED
  assert metric_map.measure(empty, tune, tune) == pytest.approx(FROM_SILENCE)
  with pytest.raises(errors.UnknownNameError, match='skyline_kept'):
    metric_map.measure(empty, empty, empty, names=['skyline'])
