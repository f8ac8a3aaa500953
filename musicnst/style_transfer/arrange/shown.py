"""What the report shows of an arrangement: chords, phrases and tune of a piece, and which bars of the style piece came under which of the content."""
import numpy as np

from musicnst.analysis import qualities
from musicnst.style_transfer.arrange import equal
from musicnst.style_transfer.pieces import result as result_lib

# So many pieces are named one by one.
MOST_NAMES = 3


def reading(piece):
  """`result.Reading` of an ArrangedPiece, in its seconds."""
  bars = np.append(piece.score.bar_starts, piece.score.end_beat)
  seconds = lambda beats: piece.beat_map.to_seconds(np.asarray(beats, float))
  phrases = [(*seconds([bars[one.first_bar], bars[one.last_bar]]).tolist(), one.label) for one in piece.form.phrases]
  return result_lib.Reading(chords=_chords(piece.harmony, seconds), phrases=phrases, tune=sorted(piece.score.index[piece.tune].tolist()))


def assumed(content, styles):
  """What is done with pieces that are not a tune over an accompaniment in chords, in words; '' where they are.

  Args:
    content: ArrangedPiece. styles: list of them.
  """
  said = []
  if content.melody.texture == 'equal voices' and content.accompanying.any():
    said.append(f'the voices of {content.name} are equals, of which one stays as the tune ({content.melody.source})')
  if not content.accompanying.any():
    said.append(f'{content.name} is a tune alone and gets an accompaniment')
  if len(styles) == 1 and equal.music(content, styles[0]):
    return '; '.join([*said, f'{styles[0].name} is the content itself: nothing changes'])
  short = lambda bar, score: score.end.max() - score.start.min() < bar.end_beat - bar.start_beat - 1 / 8
  for those, what in (([one for one in (content, *styles) if (one.harmony.root < 0).all()], 'without chords'),
                      ([one for one in styles if not one.accompanying.any()], 'a tune alone, whose rhythm and register are the figure'),
                      ([one for one in styles if short(one.score.bars[0], one.score)], 'shorter than a bar and repeated')):
    if those:
      said.append(f'{_named(those)}: {what}')
  return '; '.join(said)


def _named(pieces):
  names = [piece.name for piece in pieces]
  return ', '.join(names[:MOST_NAMES]) + (f' and {len(names) - MOST_NAMES} more' if len(names) > MOST_NAMES else '')


def _chords(harmony, seconds):
  """[(seconds, symbol)] where a chord begins; none where qualities are not known."""
  if harmony.quality is None:
    return []
  labels = np.stack([harmony.root, harmony.quality, harmony.bass], 1)
  new = np.append(True, (labels[1:] != labels[:-1]).any(1))
  times = seconds(harmony.edges[:-1][new]).tolist()
  return [(time, qualities.symbol(*label)) for time, label in zip(times, labels[new].tolist())]


def taken(content, plan, changing, styles):
  """[`result.Taken`] of the bars that change, in order.

  Args:
    content: ArrangedPiece.
    plan: list of (bar, `donors.Donors`, number of the style, window).
    changing: bool `[M]`, which bars change.
    styles: list of ArrangedPiece as they were read; donors may be of the same at another speed.
  """
  found = []
  for bar, donors, number, window in sorted(plan, key=lambda part: part[0]):
    if changing[bar]:
      style, edges = styles[number], donors.piece.beats.edges
      scale = style.score.end_beat / donors.piece.score.end_beat
      starts, ends = edges[donors.beats[window]] * scale, edges[donors.beats[window] + 1] * scale
      bars = np.unique(np.searchsorted(style.score.bar_starts, (starts + ends) / 2, 'right'))
      own = content.beats.edges[content.beats.first[bar]:content.beats.first[bar + 1] + 1]
      beats = np.stack([own[:-1], own[1:], starts, ends], 1)
      found.append(result_lib.Taken(bar + 1, style.name, tuple(bars.tolist()), number, tuple(map(tuple, beats.tolist()))))
  return found
