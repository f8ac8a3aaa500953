"""Style transfer of whole pieces: any content, any style, any length -> one restyled NoteSequence, with what changed."""
import dataclasses
import os
import time

import numpy as np

from musicnst import errors
from musicnst import music_proto
from musicnst import registry
from musicnst.reading import files
from musicnst.style_transfer.pieces import compose
from musicnst.style_transfer import registry as configs
from musicnst.style_transfer.pieces import drums as drums_lib
from musicnst.style_transfer.pieces import measures
from musicnst.style_transfer.pieces import piece as piece_lib
from musicnst.style_transfer import request as request_lib
from musicnst.style_transfer.pieces import result as result_lib
from musicnst.style_transfer import spaces
from musicnst.style_transfer.tokens import method as token_transfer
from musicnst.style_transfer.tokens import latents as tokens

# A stretch of at most this many steps (128 windows) is restyled at a time; longer pieces are cut into equal stretches.
SECTION_STEPS = 4096
# So many padded steps are optimized side by side: about 2 GiB.
GROUP_STEPS = 16384
TRACKS = ('merge', 'each')


def transfer(content, style, **options):
  """Restyles one piece.

  Args:
    content: path of a music file, or a NoteSequence.
    style: the same, or a list of them, or a folder: their common style.
    **options: see `transfer_each`.

  Returns:
    result.TransferResult.

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
                  drums='keep', snapshots=(), protect_melody=True, content_genre='', style_genre='', imagenet=False, progress=None):
  """Restyles pieces in one style, one after the other, with everything loaded and compiled once: a generator.

  Args:
    contents: list of paths or NoteSequences.
    style: path, folder, NoteSequence or list of these.
    method: name in `configs.TRANSFER_MAP`.
    model: bundle, run folder or path of the latent model, one of Magenta's checkpoints, or an `inference.Source`; None takes the shipped one.
      With a model of tokens (see `tokens`) its representation says what is read, and grid, tracks, drums and candidates play no part.
    strength: 0 to 1, how much may change; 1 changes more than half of what sounds. Not together with `style_weight`.
    style_weight, content_weight: factors on the style and the content terms, at least 0.
    num_steps: iterations. learning_rate: Adam's.
    seed: of every random draw.
    tracks: 'merge' restyles all instruments as one texture, 'each' every instrument by itself.
    drums: 'keep' leaves them as they are, 'drop' leaves them out, 'style' puts the style piece's in their place.
    bars: (first, last), counted from 1, both included: only these may change.
    candidates: results to make, of which the best by the metrics is kept.
    steps_per_quarter: grid; kept notes keep their exact times whatever it is.
    beats: where beats come from: 'auto', 'tempo', 'estimate' or 'fixed:QPM'.
    snapshots: iterations to keep the music of.
    protect_melody: keep every note that is highest at its onset.
    content_genre, style_genre: genres of the two, where they are known ('classical', 'folk', 'jazz', 'pop' with the shipped models); what is
      not given is recognised.
    imagenet: VGG-19 methods load ImageNet's weights (a download).
    progress: called with (done, total) iterations.

  Yields:
    For each content a result.TransferResult, or the MusicnstError that stopped this one.
  """
  entry = registry.lookup(configs.TRANSFER_MAP, method, 'method')
  settings = _settings(entry, strength, style_weight, content_weight, num_steps, learning_rate, seed, candidates, snapshots, protect_melody)
  _check(tracks, bars, steps_per_quarter, drums)
  engine = entry.engine(model, imagenet)
  settings = dataclasses.replace(settings, content_genre=_genre(content_genre, engine), style_genre=_genre(style_genre, engine))
  grid = {'steps_per_quarter': steps_per_quarter, 'beats': beats}
  if isinstance(engine, tokens.TokenEngine):
    if (tracks, drums, candidates) != ('merge', 'keep', 1):
      raise errors.ArgumentError(f'{engine.name} writes tokens: tracks, drums and candidates are for models of piano rolls')
    styles, _ = load_styles(style, lambda name, sequence: (token_transfer.read(engine, sequence, beats, name), sequence)[1])
    task = token_transfer.Task(entry, settings, engine, styles, beats, bars, load_sequence, progress)
  else:
    styles, folder_style = load_styles(style, lambda name, sequence: piece_lib.from_sequence(sequence, name=name, **grid))
    task = _Task(entry, settings, engine, styles, folder_style, grid, tracks, bars, drums, progress)
  for content in contents:
    try:
      yield task.run(content)
    except errors.MusicnstError as error:
      yield error


@dataclasses.dataclass(frozen=True)
class _Task:
  """What is the same for every content of one call; see `transfer_each`."""

  entry: configs.Method
  settings: request_lib.Settings
  engine: object
  styles: list  # of (name, Piece)
  folder_style: bool
  grid: dict
  tracks: str
  bars: tuple | None
  drums: str
  progress: object

  def run(self, content):
    """One content -> TransferResult."""
    started = time.monotonic()
    name, sequence = load_sequence(content)
    whole = piece_lib.from_sequence(sequence, name=name, **self.grid)
    pieces, found = self._find(whole)
    style_pieces = [piece for _, piece in self.styles]
    finish = lambda edits: compose.compose(sequence, list(zip(pieces, edits)))
    composed = [finish(edits) for edits in found.edits]
    composed = [(drums_lib.apply(result, self.drums, whole, style_pieces[0]), *notes) for result, *notes in composed]
    measured = [measures.of(whole, style_pieces, result, found.details, self.engine) for result, *_ in composed]
    best = max(range(len(composed)), key=lambda i: measures.score(measured[i]))
    result, kept, added, removed = composed[best]
    return result_lib.TransferResult(
        sequence=result, content=sequence, style=style_pieces[0].sequence, kept=kept, added=added, removed=removed,
        metrics=measured[best], history=found.history, snapshots={i: finish(edits)[0] for i, edits in found.snapshots.items()},
        settings=self._described(name, whole, found, best), seconds=time.monotonic() - started,
        bars=[float(s) for s in whole.beat_map.to_seconds(whole.bar_start_steps() / whole.steps_per_quarter)])

  def _find(self, whole):
    """(list of Piece that may change, Found): the method's work, a bounded number of steps at a time."""
    editable = _editable(whole, self.bars)
    stretches = [stretch for part in _parts(whole, self.tracks, self.grid) for stretch in _stretches(part, editable)]
    pieces = [piece for piece, _ in stretches]
    if self.settings.strength == 0 or not stretches:
      return pieces, request_lib.Found([[compose.keeping(np.ones(len(piece.note_index), bool)) for piece in pieces]])
    groups = _groups(stretches, self.settings.candidates)
    styles = [piece for _, piece in self.styles]
    found = [self.entry.run(request_lib.Request(
        contents=[piece for piece, _ in group], styles=[styles] * len(group), editable=[mask for _, mask in group],
        settings=self.settings, engine=self.engine, folder_style=self.folder_style, progress=self.progress)) for group in groups]
    return pieces, request_lib.joined(found)

  def _described(self, name, whole, found, best):
    names, settings = [n for n, _ in self.styles], self.settings
    described = {
        'method': self.entry.name, 'content': name, 'style': ', '.join(names[:5]) + (' ...' if len(names) > 5 else ''),
        'strength': settings.strength, 'style_weight': settings.style_weight, 'content_weight': settings.content_weight,
        'num_steps': settings.num_steps, 'seed': settings.seed, 'tracks': self.tracks, 'drums': self.drums, 'beats_from': whole.beats_from,
        **found.details}
    if self.bars:
      described['bars'] = f'{self.bars[0]}-{self.bars[1]}'
    if settings.candidates > 1:
      described.update(candidates=settings.candidates, candidate_kept=best + 1)
    return described


def _groups(stretches, candidates):
  """Stretches in order, cut into groups of at most `GROUP_STEPS` padded steps (or one stretch)."""
  groups, longest = [[]], 0
  for stretch in stretches:
    steps = max(longest, stretch[0].total_steps)
    if groups[-1] and steps * (len(groups[-1]) + 1) * candidates > GROUP_STEPS:
      groups.append([])
      steps = stretch[0].total_steps
    groups[-1].append(stretch)
    longest = steps
  return groups


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


def _genre(name, engine):
  if name and name not in engine.classes:
    raise errors.UnknownNameError(
        f'unknown genre {name!r}. ' + (f'Known: {", ".join(engine.classes)}.' if engine.classes else 'This method does not use genres.'))
  return name


def _check(tracks, bars, steps_per_quarter, drum_choice):
  if drum_choice not in drums_lib.CHOICES:
    raise errors.ArgumentError(f'drums {drum_choice!r}: known are {", ".join(drums_lib.CHOICES)}')
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


def load_styles(style, read):
  """What `transfer` takes as style -> (list of (name, what `read(name, sequence)` makes of it), whether it is several files).

  In a folder, files that cannot be used are passed over as long as one can.
  """
  sources = list(style) if isinstance(style, (list, tuple)) else [style]
  found, problems = [], []
  for source in sources:
    is_folder = not isinstance(source, music_proto.NoteSequence) and os.path.isdir(str(source))
    for path in files.find(str(source)) if is_folder else [source]:
      try:
        found.extend(_style_pieces(path, is_folder, read))
      except errors.MusicnstError as error:
        if not is_folder:
          raise
        problems.append(error)
  if not found:
    raise problems[0] if problems else errors.ArgumentError(f'style {style}: no music files in it')
  return found, len(found) > 1


def _style_pieces(path, every_tune, read):
  name, sequence = load_sequence(path)
  sequences = files.read(path) if every_tune else [sequence]
  return [(name, read(name, s)) for s in sequences]


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
  size = -(-(last - first) // (count * spaces.WINDOW_STEPS)) * spaces.WINDOW_STEPS
  found = []
  for start in range(first, last, size):
    section = part.section(start, min(start + size, last))
    if section is not None:
      found.append((section, editable[start:start + section.total_steps]))
  return found
