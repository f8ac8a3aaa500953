"""The chain from a piece to its windows' records: one pure function of an item, run alike by a loop, by processes and by Beam."""
import dataclasses

from google.protobuf import message

from data_prep import cleaning
from data_prep import counts as counts_lib
from data_prep import splits
from data_prep import windows
from data_prep.corpora import corpus
from data_prep.corpora import corpus_map
from musicnst import errors
from musicnst import music_proto
from musicnst.data import tfrecords
from musicnst.reading import manner as manner_lib
from musicnst.representations import base


@dataclasses.dataclass(frozen=True)
class Settings:
  """What the stages need to know.

  Args:
    converter: the `Converter`.
    filters: `cleaning.Filters`, or None for no filtering.
    time: mode of `musical_time.choose` for all pieces; empty takes each corpus's own.
    round_trip: leave out windows that do not survive decoding and encoding.
    manner: how files are read.
    meter: such as '4/4', of all pieces; empty takes what their files say, or a guess where that cannot be.
    fractions: dict of split -> share where a corpus declares none; None takes the default.
  """

  converter: base.Converter
  filters: cleaning.Filters | None = dataclasses.field(default_factory=cleaning.Filters)
  time: str = ''
  round_trip: bool = True
  manner: manner_lib.Manner = manner_lib.Manner()
  meter: str = ''
  fractions: dict | None = None


@dataclasses.dataclass(frozen=True)
class Item:
  """One unit of work: a piece of a corpus, or a serialized NoteSequence.

  Args:
    index: its place in the job's order.
    piece: the `Piece`; for a serialized sequence it holds the labels and split found in or declared for it.
    corpus: name in CORPUS_MAP that reads the piece.
    serialized: a NoteSequence, where the job's input is records.
  """

  index: int
  piece: corpus.Piece
  corpus: str = 'folder'
  serialized: bytes = b''


@dataclasses.dataclass(frozen=True)
class Result:
  """What became of an item.

  Args:
    index: the item's.
    entry: its `splits.Entry`, or None if nothing could be used.
    windows: list of (key, record).
    counts: `Counts`.
    rejected: (name, reason, message) if nothing of the item could be used.
  """

  index: int
  entry: splits.Entry | None
  windows: list
  counts: counts_lib.Counts
  rejected: tuple = ()


def process(item, settings):
  """One item through reading, cleaning and windows; never raises for bad music."""
  counts, name = counts_lib.Counts(), item.piece.filename or item.piece.id
  counts.add('pieces', 'found')
  try:
    sequences = _read(item, settings.manner, counts)
  except (errors.ReadError, errors.RejectedSequence) as error:
    counts.add('pieces', f'rejected_{error.reason}')
    return Result(item.index, None, [], counts, (name, error.reason, str(error)))
  made, signature, refusal = [], None, ()
  for sequence in sequences:
    try:
      cleaned = _clean(sequence, item, settings, counts)
      signature = cleaning.signature(cleaned) if signature is None else signature
      made += _windows_of(cleaned, item, settings, counts)
    except errors.RejectedSequence as error:
      counts.add('sequences', f'rejected_{error.reason}')
      refusal = refusal or (name, error.reason, str(error))
  entry = splits.Entry(item.piece.id, item.piece.split, item.piece.work, signature) if made else None
  return Result(item.index, entry, made, counts, () if made else refusal)


def _read(item, how, counts):
  """The sequences of an item; counts what was mended in its file."""
  if item.serialized:
    return [music_proto.NoteSequence.FromString(item.serialized)]
  with manner_lib.using(how) as mended:
    sequences = corpus_map.CORPUS_MAP[item.corpus].labelled(item.piece)
  for reason in sorted({each.reason for each in mended}):
    counts.add('pieces', f'mended_{reason}')
  return sequences


def _clean(sequence, item, settings, counts):
  """Filtered and in beats."""
  if not sequence.notes:
    raise errors.RejectedSequence('no_notes')
  if settings.filters:
    settings.filters.check(sequence)
  source = corpus_map.CORPUS_MAP[item.corpus]
  if settings.time and source.time != 'beats':
    source = dataclasses.replace(source, time=settings.time)
  sequence, assumed = source.timed(sequence, settings.meter)
  for what in assumed:
    counts.add('sequences', what)
  cleaning.check_length(sequence)
  if settings.filters:
    settings.filters.check_in_beats(sequence)
  return sequence


def _windows_of(sequence, item, settings, counts):
  """Records of a sequence; converters of one-hot events, and those that take 4/4 only, want one meter at a time."""
  apart = settings.converter.categorical_depths or getattr(settings.converter, 'four_four', False)
  sections = cleaning.one_meter_sections(sequence) if apart else [sequence]
  counts.add('meter_sections', 'made', len(sections) if len(sections) > 1 else 0)
  made, refusals = [], []
  for section in sections:
    try:
      made += windows.of_sequence(section, settings.converter, item.piece.labels, counts, settings.round_trip)
    except errors.RejectedSequence as error:
      refusals.append(error)
  if refusals and not made:
    raise refusals[0]
  for error in refusals:
    counts.add('meter_sections', f'rejected_{error.reason}')
  return made


# ---------------------- items ----


def items_of_corpora(roots, split=None):
  """Items for the pieces of [(Corpus, folder)], of one split or all."""
  index = 0
  for entry, root in roots:
    for piece in entry.pieces(root, split):
      yield Item(index, piece, entry.name)
      index += 1


def item_of_sequence(index, serialized, declared=None):
  """An item for a serialized NoteSequence; a row of `declared` for its `filename` gives its split, and its genre where it has none.

  Raises:
    DataError: these bytes are no NoteSequence.
  """
  try:
    sequence = music_proto.NoteSequence.FromString(serialized)
  except message.DecodeError as error:
    raise errors.DataError(f'record {index} is no NoteSequence; --input_tfrecord takes what `musicnst convert` writes') from error
  metadata, row = sequence.sequence_metadata, (declared or {}).get(sequence.filename, {})
  genre = metadata.genre[0] if metadata.genre else row.get('label', '')
  composer = metadata.composers[0] if metadata.composers else ''
  name = sequence.id or f'/id/record/{index}'
  piece = corpus.Piece('', name, sequence.collection_name, genre, composer, row.get('split', ''), sequence.filename)
  return Item(index, piece, 'folder', serialized)


def items_of_records(paths, declared=None):
  """Items for the NoteSequences of record files.

  Args:
    paths: files, in order.
    declared: dict of file name (as the sequences give it in `filename`) -> manifest row.
  """
  declared, index = declared or {}, 0
  for path in paths:
    for serialized in tfrecords.read(path):
      yield item_of_sequence(index, serialized, declared)
      index += 1
