"""Counters by (stage, reason), the same from processes, Beam or one loop, and the report they end in."""
import collections
import json

from musicnst import files


class Counts(collections.Counter):
  """`collections.Counter` of (stage, reason) pairs."""

  def add(self, stage, reason, number=1):
    """Adds to one counter; a number of 0 leaves no trace."""
    if number:
      self[stage, reason] += int(number)

  def by_stage(self):
    """Nested dict stage -> reason -> number; stages in order of first use, reasons by name."""
    nested = {}
    for stage, reason in self:
      nested.setdefault(stage, {})[reason] = self[stage, reason]
    return {stage: dict(sorted(reasons.items())) for stage, reasons in sorted(nested.items())}


def write_report(path, report):
  """A dict as indented JSON, complete or absent."""
  with files.atomic_path(path) as temporary, open(temporary, 'w', encoding='utf-8') as file:
    json.dump(report, file, indent=2, ensure_ascii=False)
    file.write('\n')


def save(path, counts, rejects):
  """Counts and rejects as JSON, for `load`."""
  with open(path, 'w', encoding='utf-8') as file:
    json.dump({'counts': [[*name, number] for name, number in counts.items()], 'rejects': rejects}, file)


def load(path):
  """What `save` wrote: (Counts, list of (index, name, reason, message))."""
  with open(path, encoding='utf-8') as file:
    saved = json.load(file)
  counts = Counts()
  for stage, reason, number in saved['counts']:
    counts.add(stage, reason, number)
  return counts, [tuple(reject) for reject in saved['rejects']]
