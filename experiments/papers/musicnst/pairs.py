"""The pieces of the experiment: the first 16 bars of a content and of a style, drawn from test splits or from the shipped pieces."""
import dataclasses

import numpy as np

from data_prep.corpora import corpus_map
from experiments.benchmark import pieces as benchmark_pieces
from musicnst import errors
from musicnst import music_proto
from musicnst import pieces as shipped_pieces
from musicnst.reading import files
from musicnst.style_transfer.pieces import piece as piece_lib

BARS, BEATS_PER_BAR, STEPS_PER_QUARTER = 16, 4, 4
# MAESTRO has no beats: time at a fixed rate, of which 16 bars are 32 s.
MAESTRO_QPM = 120
# Fewer notes than this in 16 bars are no music to speak of.
LEAST_NOTES = 40
GENRE_PAIRS = (('jazz', 'pop'), ('pop', 'jazz'), ('classical', 'jazz'), ('pop', 'classical'))
SHIPPED_PAIR = ('prelude_in_c', 'maple_leaf_rag')


@dataclasses.dataclass(frozen=True)
class Pair:
  """A content, a style, and what they are.

  Args:
    kind: 'composer', 'genre' or 'shipped'.
    source, target: composer or genre of content and style; names of shipped pieces.
    content, style: Piece, 16 bars long at most.
    content_name, style_name: files within their corpus.
  """

  kind: str
  source: str
  target: str
  content: piece_lib.Piece
  style: piece_lib.Piece
  content_name: str
  style_name: str

  @property
  def name(self):
    return f'{short(self.source)} to {short(self.target)}'


def short(name):
  """A composer's last name; names of one word as they are."""
  return name.split()[-1]


def composer_pairs(root, composers, seed, split='test'):
  """Each composer's piece in the style of the next one's, round the circle; MAESTRO's own split, time at a fixed rate."""
  found = corpus_map.CORPUS_MAP['maestro'].pieces(root, split)
  drawn = {name: _draw(corpus_map.CORPUS_MAP['maestro'], [p for p in found if p.composer == name], 2, seed, f'fixed:{MAESTRO_QPM}')
           for name in composers}
  return [_pair('composer', source, target, drawn) for source, target in zip(composers, [*composers[1:], composers[0]])]


def genre_pairs(root, seed, split='test'):
  """One pair for each of `GENRE_PAIRS`, in the beats of their corpora."""
  drawn = {}
  for genre in sorted({genre for pair in GENRE_PAIRS for genre in pair}):
    corpus = corpus_map.CORPUS_MAP[benchmark_pieces.CORPORA[genre]]
    drawn[genre] = _draw(corpus, corpus.pieces(root, split), 2, seed, 'tempo')
  return [_pair('genre', source, target, drawn) for source, target in GENRE_PAIRS]


def shipped_pair(names=SHIPPED_PAIR):
  """A pair of the pieces that ship, which needs no corpus and whose results may be given away."""
  found = [opening(files.read(shipped_pieces.path(name))[0], 'tempo') for name in names]
  return Pair('shipped', *names, *found, *names)


def opening(sequence, beats, bars=BARS):
  """The first bars (of four quarters) of a NoteSequence as a Piece; notes that sound on beyond them are cut there.

  Raises:
    RejectedSequence: fewer notes there than `LEAST_NOTES`.
  """
  whole = piece_lib.from_sequence(sequence, STEPS_PER_QUARTER, beats)
  end = float(whole.beat_map.to_seconds(bars * BEATS_PER_BAR))
  cut = music_proto.NoteSequence()
  cut.CopyFrom(sequence)
  del cut.notes[:], cut.control_changes[:], cut.pitch_bends[:]
  # A note within half a step of the end would be quantized onto it.
  last = float(whole.beat_map.to_seconds(bars * BEATS_PER_BAR - .5 / STEPS_PER_QUARTER))
  for note in sequence.notes:
    if note.start_time < last and not note.is_drum:
      cut.notes.add().CopyFrom(note)
      cut.notes[-1].end_time = min(note.end_time, end)
  if len(cut.notes) < LEAST_NOTES:
    raise errors.RejectedSequence('too_few_notes', f'{len(cut.notes)} notes in the first {bars} bars')
  cut.total_time = max(note.end_time for note in cut.notes)
  return piece_lib.from_sequence(cut, STEPS_PER_QUARTER, beat_map=whole.beat_map)


def _draw(corpus, found, count, seed, beats):
  """[(name, Piece)]: the first usable pieces in an order drawn with the seed."""
  drawn = []
  for i in np.random.default_rng(seed).permutation(len(found)):
    try:
      sequence = corpus.labelled(found[i])[0]
      drawn.append((found[i].filename, opening(sequence if beats != 'tempo' else corpus.in_beats(sequence), beats)))
    except (errors.ReadError, errors.RejectedSequence):
      continue
    if len(drawn) == count:
      return drawn
  raise errors.DataError(f'{corpus.name}: {len(drawn)} usable pieces, and {count} are needed')


def _pair(kind, source, target, drawn):
  """The source's first piece as content, the target's second as style."""
  (content_name, content), (style_name, style) = drawn[source][0], drawn[target][1]
  return Pair(kind, source, target, content, style, content_name, style_name)
