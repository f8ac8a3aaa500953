"""The metrics of a transfer as an HTML table with their meanings in plain words, and how much was copied from the style piece."""
import html

from musicnst.metrics import notes as notes_lib
from musicnst.metrics import transfer
from musicnst.rendering import plots

# For names that METRIC_MAP does not hold: the parts of a metric that gives several numbers.
_PARTS = {}


def rows(result):
  """`<table>` of every metric of a TransferResult and a sentence on copying, as HTML text."""
  lines = ''.join(
      f'<tr><th scope="row">{html.escape(_title(name))}</th><td class="number">{plots.short(value)}</td><td>{html.escape(meaning(name))}</td></tr>'
      for name, value in result.metrics.items())
  table = f'<table>{lines}</table>' if lines else ''
  return f'{table}<p>{html.escape(copied(result))}</p>'


def meaning(name):
  """What a metric says, in plain words; '' for one that nobody described."""
  return _PARTS.get(name, '')


def copied(result):
  """How long a run of notes the result shares with the style piece, and what the content shared with it already."""
  run = transfer.longest_common_notes(result.sequence, result.style)
  before = transfer.longest_common_notes(result.content, result.style)
  told = f'Copied from the style piece: the longest run of notes that result and style share, at any pitch, is {_notes(run.length)} long'
  told += f' ({100 * run.share:.0f} % of the result); content and style shared {before.length} before.'
  if len(result.added):
    own = transfer.longest_common_notes(notes_lib.of(result.sequence, notes=result.added), result.style)
    told += f' Among the new notes alone it is {_notes(own.length)}.'
  return told


def _notes(number):
  return f'{number} note{"" if number == 1 else "s"}'


def _title(name):
  return name.replace('_', ' ')
