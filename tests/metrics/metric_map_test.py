"""Every registered metric on a copy and on an unrelated piece."""
import math

import pytest

from musicnst import errors
from musicnst.metrics import metric_map
from musicnst.representations import testing

# What a copy of the content must measure.
COPY = {'content_change': 0, 'content_added': 0, 'content_removed': 0, 'onset_change': 0, 'chroma_similarity': 1, 'skyline_kept': 1,
        'density_ratio': 1, 'style_time_pitch': 0, 'style_onset_duration': 0, 'style_onset_velocity': 0}


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


def test_every_metric_says_what_it_means_and_survives_silence():
  for metric in metric_map.METRIC_MAP.values():
    assert len(metric.meaning) > 20 and metric.better in ('higher', 'lower', 'near 1')
  empty = testing.sequence([])
  for pieces in ((empty, empty, empty), (testing.melody(2), empty, empty), (empty, testing.melody(2), testing.melody(2))):
    assert all(math.isfinite(value) for value in metric_map.measure(*pieces).values())
  with pytest.raises(errors.UnknownNameError, match='skyline_kept'):
    metric_map.measure(empty, empty, empty, names=['skyline'])
