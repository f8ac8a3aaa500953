"""Phrases, chords, and the bars of the style piece that lie under those of the result, as an HTML table: the lanes above the rolls in words."""
import bisect
import html
import os

# Bars begin so many seconds after their chords or phrases at most: what is read and what is drawn are rounded apart.
_SAME_TIME = .01
_KEPT = 'as it was'
# Tables of more rows than this are folded.
_MOST_ROWS = 24


def table(result):
  """`<table>` of a TransferResult, a row a phrase; '' where nothing was read of it."""
  reading = result.readings.get('result')
  if reading is None or not result.bars:
    return ''
  rows = [_row(result, reading, label, first, last) for label, first, last in _spans(reading.phrases, result.bars)]
  head = ''.join(f'<th scope="col">{column}</th>' for column in ('phrase', 'bars', 'chords', f'accompaniment: bars of {_style(result)}'))
  found = f'<table class="sheet"><tr>{head}</tr>{"".join(rows)}</table>'
  return f'<details><summary>{len(rows)} phrases</summary>{found}</details>' if len(rows) > _MOST_ROWS else found


def _style(result):
  names = {os.path.basename(one.style) for one in result.taken}
  return html.escape(names.pop()) if len(names) == 1 else 'the style pieces'


def _spans(phrases, bars):
  """[(label, first bar, bar after the last)] that cover all bars, counted from 0; bars outside every phrase have no label."""
  bar = lambda seconds: bisect.bisect_right(bars, seconds + _SAME_TIME) - 1
  found, at = [], 0
  for start, end, label in phrases:
    first, last = max(bar(start), at), bar(end) if end < bars[-1] + _SAME_TIME else len(bars)
    if first > at:
      found.append(('', at, first))
    if last > first:
      found.append((label, first, last))
      at = last
  return found + ([('', at, len(bars))] if at < len(bars) else [])


def _row(result, reading, label, first, last):
  several = len({one.style for one in result.taken}) > 1
  chords = ' | '.join(_chords(reading, result.bars, bar) for bar in range(first, last))
  cells = (label, _bars(first + 1, last), chords, taken(result.taken, first, last, several))
  return '<tr>' + ''.join(f'<td>{html.escape(cell)}</td>' for cell in cells) + '</tr>'


def _chords(reading, bars, bar):
  """The chords that begin in a bar, a dash where the one before it goes on."""
  end = bars[bar + 1] if bar + 1 < len(bars) else float('inf')
  return ' '.join(symbol for seconds, symbol in reading.chords if bars[bar] - _SAME_TIME <= seconds < end - _SAME_TIME) or '–'


def taken(some, first, last, several=False):
  """Where the accompaniment of bars comes from, in words: '5–8, 21, as it was'.

  Args:
    some: list of `pieces.result.Taken`. first, last: bars from 0, the last excluded. several: whether pieces are named.
  """
  by_bar = {one.bar: one for one in some}
  runs = []  # [style, first, last], neighbours joined
  for bar in range(first + 1, last + 1):
    one = by_bar.get(bar)
    if one is None:
      if not runs or runs[-1] is not None:
        runs.append(None)
    elif runs and runs[-1] and runs[-1][0] == one.style and runs[-1][2] + 1 == one.bars[0]:
      runs[-1][2] = one.bars[-1]
    else:
      runs.append([one.style, one.bars[0], one.bars[-1]])
  name = lambda run: f'{os.path.basename(run[0])} ' if several else ''
  return ', '.join(_KEPT if run is None else name(run) + _bars(*run[1:]) for run in runs)


def _bars(first, last):
  return f'{first}' if first == last else f'{first}–{last}'
