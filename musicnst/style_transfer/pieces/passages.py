"""Which bars may change: by number, by time, or by the name of a marker in the file."""
import re

import numpy as np

from musicnst import errors

# Kinds of text annotations that are markers and cues (`musicnst.reading.words`).
MARKERS = (106, 107)
_BARS = re.compile(r'(\d+)(?:-(\d+))?')
_TIME = r'(\d+):([0-5]?\d(?:\.\d+)?)'
_TIMES = re.compile(f'{_TIME}-{_TIME}')


def parse(text):
  """'9-16,25,@Chorus,0:35-1:02' -> ((9, 16), (25, 25), '@Chorus', (35.0, 62.0)); '' -> None.

  Bars are pairs of ints, counted from 1, both included; times are pairs of floats in seconds.

  Raises:
    ArgumentError: anything else.
  """
  return tuple(_one(part.strip(), text) for part in text.split(',')) if text else None


def _one(part, text):
  if part.startswith('@') and len(part) > 1:
    return part
  times, bars = _TIMES.fullmatch(part), _BARS.fullmatch(part)
  if times:
    first, last = (60.0 * int(times[i]) + float(times[i + 1]) for i in (1, 3))
    return first, last
  if bars:
    return int(bars[1]), int(bars[2] or bars[1])
  raise errors.ArgumentError(f'--bars={text}: write FIRST-LAST, such as 9-24, MINUTES:SECONDS-MINUTES:SECONDS, or @MARKER; several with commas')


def normal(bars):
  """What `Settings.bars` says, as a tuple of passages: (first, last) alone is one of them."""
  if len(bars) == 2 and all(isinstance(value, int) for value in bars):
    return (tuple(bars),)
  return tuple(bars)


def check(bars):
  """Raises ArgumentError where a passage ends before it begins, or bars begin before the first."""
  for passage in normal(bars):
    if isinstance(passage, str):
      continue
    first, last = passage
    if isinstance(first, int) and not 1 <= first <= last:
      raise errors.ArgumentError(f'bars {first}-{last}: bars count from 1 and the first is not after the last')
    if isinstance(first, float) and not first < last:
      raise errors.ArgumentError(f'bars from {first:g} s to {last:g} s: the end is not after the beginning')


def written(bars):
  """As `parse` reads it."""
  if bars is None:
    return ''
  clock = lambda seconds: f'{int(seconds // 60)}:{seconds % 60:05.2f}'.removesuffix('.00')
  one = lambda p: p if isinstance(p, str) else '-'.join(map(str, p)) if isinstance(p[0], int) else '-'.join(map(clock, p))
  return ','.join(map(one, normal(bars)))


def mask(bars, piece):
  """bool `[M]`: the bars of a prepared piece that are meant; all for None.

  Args:
    bars: of `Settings`.
    piece: has `bar_beats()`, `beat_map` and `sequence`.

  Raises:
    ArgumentError: bars or times behind the end, or a marker that the file does not have.
  """
  starts = np.asarray(piece.bar_beats(), float)
  result = np.full(len(starts), bars is None)
  for passage in normal(bars or ()):
    for first, last in _found(passage, piece, starts):
      result[first:last] = True
  return result


def _found(passage, piece, starts):
  """[(first, last)]: bars from 0, `last` exclusive."""
  if isinstance(passage, str):
    return _marked(passage[1:], piece, starts)
  first, last = passage
  if isinstance(first, int):
    if last > len(starts):
      raise errors.ArgumentError(f'bars {first}-{last}: the piece has {len(starts)} bars')
    return [(first - 1, last)]
  seconds, end = piece.beat_map.to_seconds(starts), max(note.end_time for note in piece.sequence.notes)
  if first >= end:
    raise errors.ArgumentError(f'bars from {first:g} s: the piece ends after {end:.1f} s')
  begin = max(int(np.searchsorted(seconds, first + 1e-3, 'right')) - 1, 0)
  return [(begin, max(int(np.searchsorted(seconds, last - 1e-3)), begin + 1))]


def _marked(name, piece, starts):
  """Bars from each marker of a name to the next marker of any."""
  found = [(note.time, note.text.strip()) for note in piece.sequence.text_annotations if note.annotation_type in MARKERS and note.text.strip()]
  markers = sorted(set(found))
  if name.lower() not in {text.lower() for _, text in markers}:
    known = ', '.join(dict.fromkeys(text for _, text in markers)) or 'none'
    raise errors.ArgumentError(f'no marker {name!r}; markers of the piece: {known}')
  beats = piece.beat_map.to_beats(np.array([time for time, _ in markers]))
  bars = np.append(np.maximum(np.searchsorted(starts, beats + .05, 'right') - 1, 0), len(starts))
  return [(int(bars[i]), max(int(bars[i + 1]), int(bars[i]) + 1)) for i, (_, text) in enumerate(markers) if text.lower() == name.lower()]
