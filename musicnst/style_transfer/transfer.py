"""Style transfer of whole pieces: any content, any style, any length -> one restyled NoteSequence, with what changed."""
import dataclasses
import os
import time

import numpy as np

from musicnst import errors
from musicnst import music_proto
from musicnst import registry
from musicnst.reading import files
from musicnst.style_transfer import compose
from musicnst.style_transfer import configs
from musicnst.style_transfer import measures
from musicnst.style_transfer import piece as piece_lib
from musicnst.style_transfer import request as request_lib

# A stretch of at most this many steps (128 windows) is restyled at a time; longer pieces are cut into equal stretches.
SECTION_STEPS = 4096
WINDOW_STEPS = 32
TRACKS = ('merge', 'each')


@dataclasses.dataclass
class TransferResult:
  """What `transfer` gives.

  Args:
    sequence: the restyled piece.
    content, style: NoteSequences; `style` is the first where several were given.
    kept, added, removed: lists of Note protos; times are those of `sequence` (removed: of `content`).
    metrics: name -> float, see `measures.of`.
    history: term -> list of floats, one an iteration.
    snapshots: iteration -> NoteSequence.
    settings: what was asked for and recognised: method, strength, seed, names, genres.
    seconds: wall time.
    bars: seconds at which the content's bars begin.
  """

  sequence: object
  content: object
  style: object
  kept: list
  added: list
  removed: list
  metrics: dict
  history: dict = dataclasses.field(default_factory=dict)
  snapshots: dict = dataclasses.field(default_factory=dict)
  settings: dict = dataclasses.field(default_factory=dict)
  seconds: float = 0.0
  bars: list = dataclasses.field(default_factory=list)


def transfer(content, style, **options):
  """Restyles one piece.

  Args:
    content: path of a music file, or a NoteSequence.
    style: the same, or a list of them, or a folder: their common style.
    **options: see `transfer_each`.

  Returns:
    TransferResult.

  Raises:
    ReadError, RejectedSequence: the files hold no music to work with.
    ArgumentError, UnknownNameError: options out of range.
    ModelNotFoundError: no such model.

  Example:
    >>> result = transfer('song.mid', 'rag.mid', strength=.5)
    >>> result.metrics['content_change']
  """
  outcome = next(transfer_each([content], style, **options))
  if isinstance(outcome, errors.MusicnstError):
    raise outcome
  return outcome


def transfer_each(contents, style, method=configs.DEFAULT_METHOD, model=None, strength=None, style_weight=None, content_weight=None,
                  num_steps=None, learning_rate=None, seed=0, tracks='merge', bars=None, candidates=1, steps_per_quarter=4, beats='auto',
                  snapshots=(), protect_melody=True, imagenet=False, progress=None):
  """Restyles pieces in one style, one after the other, with everything loaded and compiled once: a generator.

  Args:
    contents: list of paths or NoteSequences.
    style: path, folder, NoteSequence or list of these.
    method: name in `configs.TRANSFER_MAP`.
    model: bundle, run folder or path of the latent model; None takes the shipped one.
    strength: 0 to 1, how much may change; 1 changes more than half of what sounds. Not together with `style_weight`.
    style_weight, content_weight: factors on the style and the content terms, at least 0.
    num_steps: iterations. learning_rate: Adam's.
    seed: of every random draw.
    tracks: 'merge' restyles all instruments as one texture, 'each' every instrument by itself. Drums stay as they are.
    bars: (first, last), counted from 1, both included: only these may change.
    candidates: results to make, of which the best by the metrics is kept.
    steps_per_quarter: grid; kept notes keep their exact times whatever it is.
    beats: where beats come from: 'auto', 'tempo', 'estimate' or 'fixed:QPM'.
    snapshots: iterations to keep the music of.
    protect_melody: keep every note that is highest at its onset.
    imagenet: VGG-19 methods load ImageNet's weights (a download).
    progress: called with (done, total) iterations.

  Yields:
    For each content a TransferResult, or the MusicnstError that stopped this one.
  """
  started = time.monotonic()
  entry = registry.lookup(configs.TRANSFER_MAP, method, 'method')
  settings = _settings(entry, strength, style_weight, content_weight, num_steps, learning_rate, seed, candidates, snapshots, protect_melody)
  _check(tracks, bars, steps_per_quarter)
  engine = entry.engine(model, imagenet)
  grid = {'steps_per_quarter': steps_per_quarter, 'beats': beats}
  styles, folder_style = load_styles(style, grid)
  for content in contents:
    try:
      yield _transfer_one(content, styles, folder_style, entry, engine, settings, tracks, bars, grid, progress, started)
    except errors.MusicnstError as error:
      yield error
    started = time.monotonic()


def _transfer_one(content, styles, folder_style, entry, engine, settings, tracks, bars, grid, progress, started):
  name, sequence = load_sequence(content)
  whole = piece_lib.from_sequence(sequence, name=name, **grid)
  parts = _parts(whole, tracks, grid)
  editable = _editable(whole, bars)
  stretches = [stretch for part in parts for stretch in _stretches(part, editable)]
  request = request_lib.Request(
      contents=[piece for piece, _ in stretches], styles=[[p for _, p in styles]] * len(stretches),
      editable=[mask for _, mask in stretches], settings=settings, engine=engine, folder_style=folder_style, progress=progress)
  found = entry.run(request) if settings.strength > 0 and stretches else request_lib.Found([[_no_change(p) for p in request.contents]])
  composed = [compose.compose(sequence, list(zip(request.contents, edits))) for edits in found.edits]
  style_pieces = [p for _, p in styles]
  measured = [measures.of(whole, style_pieces, result, found.details, engine) for result, *_ in composed]
  best = max(range(len(composed)), key=lambda i: measures.score(measured[i]))
  result, kept, added, removed = composed[best]
  return TransferResult(
      sequence=result, content=sequence, style=style_pieces[0].sequence, kept=kept, added=added, removed=removed, metrics=measured[best],
      history=found.history,
      snapshots={i: compose.compose(sequence, list(zip(request.contents, edits)))[0] for i, edits in found.snapshots.items()},
      settings=_described(entry, settings, name, styles, whole, tracks, bars, found, best), seconds=time.monotonic() - started,
      bars=[float(s) for s in whole.beat_map.to_seconds(whole.bar_start_steps() / whole.steps_per_quarter)])


def _described(entry, settings, name, styles, whole, tracks, bars, found, best):
  described = {
      'method': entry.name, 'content': name, 'style': ', '.join(n for n, _ in styles[:5]) + (' ...' if len(styles) > 5 else ''),
      'strength': settings.strength, 'style_weight': settings.style_weight, 'content_weight': settings.content_weight,
      'num_steps': settings.num_steps, 'seed': settings.seed, 'tracks': tracks, 'beats_from': whole.beats_from, **found.details}
  if bars:
    described['bars'] = f'{bars[0]}-{bars[1]}'
  if settings.candidates > 1:
    described.update(candidates=settings.candidates, candidate_kept=best + 1)
  return described


def _settings(entry, strength, style_weight, content_weight, num_steps, learning_rate, seed, candidates, snapshots, protect_melody):
  if strength is not None and style_weight is not None:
    raise errors.ArgumentError('give either strength or style_weight, not both: strength sets how much may change, style_weight the loss.')
  if strength is not None and not 0.0 <= strength <= 1.0:
    raise errors.ArgumentError(f'strength {strength} is outside 0 to 1')
  for label, value in (('style_weight', style_weight), ('content_weight', content_weight)):
    if value is not None and not 0.0 <= value < float('inf'):
      raise errors.ArgumentError(f'{label} {value} must be 0 or more')
  if num_steps is not None and num_steps < 1:
    raise errors.ArgumentError(f'num_steps {num_steps} must be at least 1')
  if candidates < 1:
    raise errors.ArgumentError(f'candidates {candidates} must be at least 1')
  given = {'strength': strength, 'style_weight': style_weight, 'content_weight': content_weight, 'num_steps': num_steps,
           'learning_rate': learning_rate}
  changes = {key: value for key, value in given.items() if value is not None}
  return dataclasses.replace(
      entry.settings, **changes, seed=seed, candidates=candidates, snapshots=tuple(snapshots), protect_melody=protect_melody)


def _check(tracks, bars, steps_per_quarter):
  if tracks not in TRACKS:
    raise errors.ArgumentError(f'tracks {tracks!r}: known are {", ".join(TRACKS)}')
  if bars is not None and not 1 <= bars[0] <= bars[1]:
    raise errors.ArgumentError(f'bars {bars[0]}-{bars[1]}: bars count from 1 and the first is not after the last')
  if not 1 <= steps_per_quarter <= 24:
    raise errors.ArgumentError(f'steps_per_quarter {steps_per_quarter} is outside 1 to 24')


def load_sequence(source):
  """Path or NoteSequence -> (name, NoteSequence); of an ABC file's tunes the first."""
  if isinstance(source, music_proto.NoteSequence):
    return source.filename or source.id or 'the sequence', source
  return os.path.basename(str(source)), files.read(source)[0]


def load_styles(style, grid):
  """What `transfer` takes as style -> (list of (name, Piece), whether it is several files).

  In a folder, files that cannot be used are passed over as long as one can.
  """
  sources = list(style) if isinstance(style, (list, tuple)) else [style]
  found, problems = [], []
  for source in sources:
    is_folder = not isinstance(source, music_proto.NoteSequence) and os.path.isdir(str(source))
    for path in files.find(str(source)) if is_folder else [source]:
      try:
        found.extend(_style_pieces(path, is_folder, grid))
      except errors.MusicnstError as error:
        if not is_folder:
          raise
        problems.append(error)
  if not found:
    raise problems[0] if problems else errors.ArgumentError(f'style {style}: no music files in it')
  return found, len(found) > 1


def _style_pieces(path, every_tune, grid):
  name, sequence = load_sequence(path)
  sequences = files.read(path) if every_tune else [sequence]
  return [(name, piece_lib.from_sequence(s, name=name, **grid)) for s in sequences]


def _parts(whole, tracks, grid):
  """The piece as one texture, or one Piece an instrument (all on the beats of the whole)."""
  if tracks == 'merge':
    return [whole]
  instruments = sorted({whole.sequence.notes[i].instrument for i in whole.note_index})
  return [piece_lib.from_sequence(
      whole.sequence, steps_per_quarter=grid['steps_per_quarter'], instruments={i}, beat_map=whole.beat_map) for i in instruments]


def _editable(whole, bars):
  """bool `[T]`: the steps within `bars`."""
  mask = np.ones(whole.total_steps, bool)
  if bars is None:
    return mask
  starts = whole.bar_start_steps()
  if bars[0] > len(starts):
    raise errors.ArgumentError(f'bars {bars[0]}-{bars[1]}: the piece has {len(starts)} bars')
  last = starts[bars[1]] if bars[1] < len(starts) else whole.total_steps
  mask[:] = False
  mask[starts[bars[0] - 1]:last] = True
  return mask


def _stretches(part, editable):
  """[(Piece, editable mask)]: the part cut into stretches of equal length, only those that may change."""
  steps = np.flatnonzero(editable[:part.total_steps])
  if not len(steps):
    return []
  first, last = int(steps[0]), int(steps[-1]) + 1
  count = -(-(last - first) // SECTION_STEPS)
  size = -(-(last - first) // (count * WINDOW_STEPS)) * WINDOW_STEPS
  found = []
  for start in range(first, last, size):
    section = part.section(start, min(start + size, last))
    if section is not None:
      found.append((section, editable[start:start + section.total_steps]))
  return found


def _no_change(piece):
  empty = np.zeros(0, int)
  return compose.Edit(np.ones(len(piece.note_index), bool), empty, empty, empty)
