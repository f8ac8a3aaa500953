"""The metrics of a transfer as an HTML table with their meanings in plain words, and how much was copied from the style piece."""
import html

from musicnst.metrics import metric_map
from musicnst.metrics import notes as notes_lib
from musicnst.metrics import transfer
from musicnst.rendering import plots

# Figures that METRIC_MAP does not hold.
_MEANINGS = {
    'style_genre_after': 'Probability of the genre of the style, by the classifiers that the method itself uses: no independent judge.',
}
# Those that are told first, where there are any.
_FIRST = [name for name, metric in metric_map.METRIC_MAP.items() if metric.needs_reading]


def rows(result):
  """`<table>` of every metric of a TransferResult and a sentence on copying, as HTML text."""
  before = {name: value for name, value in result.metrics.items() if name.endswith(metric_map.BEFORE)}
  lines = []
  for name, value in sorted(result.metrics.items(), key=lambda item: item[0] not in _FIRST):
    if name not in before:
      numbers = [value, before.get(name.removesuffix(metric_map.AFTER) + metric_map.BEFORE)] if before else [value]
      lines.append(_row(name, numbers))
  columns = ('figure', 'result', 'content', 'what it says') if before else ('figure', 'result', 'what it says')
  head = ''.join(f'<th scope="col">{column}</th>' for column in columns)
  table = f'<table><tr>{head}</tr>{"".join(lines)}</table>' if lines else ''
  return f'{table}<p>{html.escape(copied(result))}</p>'


def meaning(name):
  """What a metric says, in plain words; '' for one that nobody described."""
  return metric_map.meaning(name) or _MEANINGS.get(name, '')


def copied(result):
  """How long a run of notes the result shares with the style piece, and what the content shared with it already."""
  run = transfer.longest_common_notes(result.sequence, result.style)
  before = transfer.longest_common_notes(result.content, result.style)
  text = f'Copied from the style piece: the longest run of notes that result and style share, at any pitch, is {_notes(run.length)} long'
  text += f' ({100 * run.share:.0f} % of the result); content and style shared {before.length} before.'
  if len(result.added):
    own = transfer.longest_common_notes(notes_lib.of(result.sequence, notes=result.added), result.style)
    text += f' Among the new notes alone it is {_notes(own.length)}.'
  return text


def _row(name, numbers):
  title = html.escape(name.removesuffix(metric_map.AFTER).replace('_', ' '))
  cells = ''.join(f'<td class="number">{"" if number is None else plots.short(number)}</td>' for number in numbers)
  return f'<tr><th scope="row">{title}</th>{cells}<td>{html.escape(meaning(name))}</td></tr>'


def _notes(number):
  return f'{number} note{"" if number == 1 else "s"}'
