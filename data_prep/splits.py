"""Which split each piece belongs to: its corpus's own, else by the sha256 of its group, so that versions of one piece stay together."""
import dataclasses
import hashlib

import numpy as np

SPLITS = ('train', 'validation', 'test')
FRACTIONS = {'train': .8, 'validation': .1, 'test': .1}
# Two pieces with this share of equal sketch numbers or more are versions of one. In MAESTRO all pairs of different titles looked at from .15
# up were one composition under two titles, and 99.9 % of the pairs of different compositions lie below .05 (benchmarks/near_duplicates.py).
SAME_PIECE = .2
# Sketch numbers a band: pieces that agree in any whole band are compared. 64 bands of 2 find a pair at .2 with 93 %, at .3 with 99.8 %.
_BAND = 2
# A band value shared by more pieces than this says nothing (an idiom): only neighbours in it are compared.
_MAX_BUCKET = 200


@dataclasses.dataclass(frozen=True)
class Entry:
  """What is known of a piece when splits are made.

  Args:
    id: stable name.
    split: declared by the corpus, or empty.
    work: name shared by versions of one composition, or empty.
    signature: uint32 `[128]` of `cleaning.signature`, or None.
  """

  id: str
  split: str = ''
  work: str = ''
  signature: np.ndarray | None = None


def assign(entries, fractions=None):
  """The split of each entry, None for those that would leak.

  A piece whose corpus declares a split stays there, unless it is linked (same work, or alike in its tune) to a piece that is declared for a
  rarer one: then it is left out, so that what is tested on was not trained on. Undeclared pieces go by groups, the linked pieces and
  those linked to them in turn: to the rarest split declared in the group, else, the whole group, where the sha256 of its smallest id says.

  Args:
    entries: list of `Entry`.
    fractions: dict of split -> share for undeclared groups; default 80, 10, 10 %.

  Returns:
    (splits, groups): list of split names, None for a piece left out; int64 `[N]` group of each entry.
  """
  links = _links(entries)
  groups = _joined(len(entries), links)
  members = {}
  for i, g in enumerate(groups):
    members.setdefault(int(g), []).append(i)
  result = [entry.split for entry in entries]
  for indices in members.values():
    declared = [entries[i].split for i in indices if entries[i].split]
    chosen = max(declared, key=SPLITS.index) if declared else by_hash(min(entries[i].id for i in indices), fractions)
    for i in indices:
      result[i] = result[i] or chosen
  place = [SPLITS.index(split) for split in result]
  for a, b in links:
    if place[a] != place[b]:
      result[a if place[a] < place[b] else b] = None
  return result, groups


def by_hash(name, fractions=None):
  """A split for a name: sha256 as a fraction of 1, laid against the cumulative shares."""
  place = int.from_bytes(hashlib.sha256(name.encode('utf-8')).digest()[:8], 'big') / 2**64
  fractions = fractions or FRACTIONS
  reached = 0.0
  for split in SPLITS:
    reached += fractions.get(split, 0.0)
    if place < reached:
      return split
  return SPLITS[0]


def group(entries):
  """int64 `[N]`: the number of each entry's group, the index of its first member."""
  return _joined(len(entries), _links(entries))


def _links(entries):
  """Index pairs of entries that are one piece."""
  return [*_same_work(entries), *similar_pairs([entry.signature for entry in entries])]


def _joined(count, links):
  parent = list(range(count))

  def root(i):
    while parent[i] != i:
      parent[i] = parent[parent[i]]
      i = parent[i]
    return i

  for a, b in links:
    a, b = sorted((root(a), root(b)))
    parent[b] = a
  return np.array([root(i) for i in range(count)], np.int64)


def _same_work(entries):
  """Each entry with the first of its work in each split: enough to join them and to see every leak."""
  first = {}
  for i, entry in enumerate(entries):
    if entry.work:
      for split in ('', *SPLITS):
        if (entry.work, split) in first:
          yield first[entry.work, split], i
      first.setdefault((entry.work, entry.split), i)


def similar_pairs(signatures, threshold=SAME_PIECE):
  """Index pairs (a < b) of sketches that agree in `threshold` of their numbers, found through bands (no all-pairs comparison)."""
  known = [i for i, signature in enumerate(signatures) if signature is not None]
  if len(known) < 2:
    return []
  table = np.stack([signatures[i] for i in known])  # [N, H]
  candidates = set()
  for band in range(0, table.shape[1], _BAND):
    keys = table[:, band].astype(np.uint64) << np.uint64(32) | table[:, band + 1]
    candidates.update(_alike(keys))
  return sorted((known[a], known[b]) for a, b in candidates if np.mean(table[a] == table[b]) >= threshold)


def _alike(keys):
  """Pairs of positions with equal keys."""
  order = np.argsort(keys, kind='stable')
  runs = np.split(order, np.flatnonzero(np.diff(keys[order])) + 1)
  for run in runs:
    if 1 < len(run) <= _MAX_BUCKET:
      yield from ((int(a), int(b)) for i, a in enumerate(run) for b in run[i + 1:])
    elif len(run) > _MAX_BUCKET:
      yield from zip(run[:-1].tolist(), run[1:].tolist(), strict=True)
