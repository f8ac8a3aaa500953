"""Style transfer of whole pieces: any content, any style, any length -> one restyled NoteSequence, with what changed."""
import collections
from collections.abc import Iterable
from collections.abc import Iterator
import dataclasses
import time
from typing import Any

import numpy as np

from musicnst import errors
from musicnst import music_proto
from musicnst.reading import manner
from musicnst.style_transfer import method as method_lib
from musicnst.style_transfer import registry
from musicnst.style_transfer import request as request_lib
from musicnst.style_transfer import sources
from musicnst.style_transfer.pieces import compose
from musicnst.style_transfer.pieces import drums
from musicnst.style_transfer.pieces import measures
from musicnst.style_transfer.pieces import passages
from musicnst.style_transfer.pieces import result as result_lib
from musicnst.style_transfer.pieces import tempo

# So many padded steps are restyled side by side: about 2 GiB.
GROUP_STEPS = 16384


def transfer(
    content: sources.Source, style: sources.Style, method: str = registry.DEFAULT_METHOD, model: registry.Model = None,
    progress: request_lib.Progress = None, **options: Any) -> result_lib.TransferResult:
  """Restyles one piece.

  Args:
    content: path of a music file, or a NoteSequence.
    style: the same, or a list of them, or a folder: their common style.
    method, model, progress: see `transfer_each`.
    **options: fields of `request.Settings`.

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
  outcome = next(transfer_each([content], style, method, model, request_lib.Settings(**options), progress))
  if isinstance(outcome, errors.MusicnstError):
    raise outcome
  return outcome


def transfer_each(
    contents: Iterable[sources.Source], style: sources.Style, method: str = registry.DEFAULT_METHOD, model: registry.Model = None,
    settings: request_lib.Settings | None = None,
    progress: request_lib.Progress = None) -> Iterator[result_lib.TransferResult | errors.MusicnstError]:
  """Restyles pieces in one style, one after the other, with everything loaded and compiled once: a generator.

  Args:
    contents: list of paths or NoteSequences.
    style: path, folder, NoteSequence or list of these.
    method: name in `registry.TRANSFER_MAP`.
    model: bundle, run folder or path of the method's model, one of Magenta's checkpoints, or an `inference.Source`; None takes the method's
      own.
    settings: request.Settings; None for the defaults.
    progress: called with (done, total) iterations.

  Yields:
    For each content a result.TransferResult, or the MusicnstError that stopped this one.
  """
  entry, settings = registry.lookup(method), settings or request_lib.Settings()
  settings.check()
  chosen = registry.load(method, model)
  chosen.check(settings)
  settings = settings.filled(entry.defaults)
  of_style = dataclasses.replace(settings, melody='', meter='')  # the track and the meter that are named are the content's
  with manner.using(manner.Manner(strict=settings.strict)) as mended:
    skipped: list[errors.MusicnstError] = []
    styles, folder_style = sources.load_styles(style, lambda sequence, name: _style(chosen, sequence, of_style, name), skipped)
  styles.sort(key=lambda named: isinstance(named[1], drums.Drums))  # last those of which only the drums are taken
  task = _Task(method, chosen, settings, styles, folder_style, progress, manner.described(mended), _told(skipped))
  for content in contents:
    try:
      yield task.run(content)
    except errors.MusicnstError as error:
      yield error


def _style(method: method_lib.Method, sequence: music_proto.NoteSequence, settings: request_lib.Settings, name: str) -> Any:
  """A style as the method reads it, or where it holds nothing but drums and these are asked for, `drums.Drums`."""
  try:
    return method.prepare(sequence, settings, name)
  except errors.RejectedSequence:
    if not drums.alone(sequence):
      raise
    return drums.read(sequence, settings.drums, name, settings.beats)


def _told(skipped: list[errors.MusicnstError]) -> str:
  """Of files that were skipped, how many for which reason; '' for none."""
  return ', '.join(f'{number} {reason}' for reason, number in collections.Counter(error.reason for error in skipped).most_common())


@dataclasses.dataclass(frozen=True)
class _Task:
  """What is the same for every content of one call; see `transfer_each`."""

  name: str
  method: method_lib.Method
  settings: request_lib.Settings
  styles: list[tuple[str, Any]]  # names and prepared pieces
  folder_style: bool
  progress: request_lib.Progress
  style_mended: str = ''  # what was mended in the style's files
  style_skipped: str = ''  # and why some of them were skipped

  def run(self, content: sources.Source) -> result_lib.TransferResult:
    """One content -> TransferResult."""
    started = time.monotonic()
    with manner.using(manner.Manner(strict=self.settings.strict)) as mended:
      name, sequence = sources.load_sequence(content)
    whole = self.method.prepare(sequence, self.settings, name)
    pieces, found = self._find(whole)
    styles = [piece for _, piece in self.styles]
    finish = lambda edits: compose.compose(sequence, compose.joined([piece.changes(edit) for piece, edit in zip(pieces, edits)]))
    composed = [finish(edits) for edits in found.edits]
    taken = found.taken or [[]] * len(composed)
    composed = [(drums.apply(result, self.settings.drums, whole, styles, bars), *notes) for (result, *notes), bars in zip(composed, taken)]
    measured = [self._measures(whole, styles, result, found.details) for result, *_ in composed]
    best = max(range(len(composed)), key=lambda i: self.method.score(measured[i]))
    snapshots = {i: finish(edits)[0] for i, edits in found.snapshots.items()}
    results = []
    for number in range(len(composed)) if self.settings.candidates > 1 else [best]:
      results.append(self._result(whole, composed[number], taken[number]))
      results[-1].metrics, results[-1].history, results[-1].snapshots = measured[number], found.history, snapshots
      results[-1].settings = self._described(name, whole, found, number, best) | self._assumed(whole, mended)
    for one in results:
      one.seconds = time.monotonic() - started
    return dataclasses.replace(results[best], candidates=results) if len(results) > 1 else results[0]

  def _result(self, whole: Any, composed: tuple[music_proto.NoteSequence, ...], taken: list[result_lib.Taken]) -> result_lib.TransferResult:
    """A candidate, as (NoteSequence, notes kept, added, removed) at the content's tempo, without its figures."""
    before, *notes = composed
    style = self.styles[0][1]
    result, seconds = tempo.apply(before, self.settings.tempo, whole, style)
    kept, added, removed = (tempo.moved(some, seconds) for some in notes)
    return result_lib.TransferResult(
        sequence=result, content=whole.sequence, style=style.sequence, kept=kept, added=added, removed=removed, metrics={},
        readings=self._readings(whole, before, seconds), taken=taken,
        beat_map=dataclasses.replace(whole.beat_map, seconds=seconds(whole.beat_map.seconds)),
        bars=[float(s) for s in seconds(whole.beat_map.to_seconds(whole.bar_beats()))])

  def _find(self, whole: Any) -> tuple[list[Any], request_lib.MethodResult]:
    """(list of pieces that may change, MethodResult): the method's work, a bounded number of steps at a time."""
    stretches = self.method.stretches(whole, self.settings)
    pieces = [piece for piece, _ in stretches]
    styles = [piece for _, piece in self.styles if not isinstance(piece, drums.Drums)]
    if self.settings.strength == 0 or not stretches or not styles:
      return pieces, request_lib.MethodResult([[piece.unchanged() for piece in pieces]])
    found = [self.method.run(request_lib.Request(
        contents=[piece for piece, _ in group], styles=[styles] * len(group), editable=[mask for _, mask in group],
        settings=self.settings, folder_style=self.folder_style, progress=self.progress))
             for group in _groups(stretches, self.settings.candidates)]
    return pieces, _joined(found)

  def _measures(self, whole: Any, styles: list[Any], result: music_proto.NoteSequence, details: dict[str, Any]) -> dict[str, float]:
    return {**measures.of(whole, styles, result), **self.method.measures(whole, result, details)}

  def _readings(self, whole: Any, result: music_proto.NoteSequence, seconds: Any) -> dict[str, result_lib.Reading]:
    """What was read, of content, style and `result`, whose times `seconds` (float `[N]` -> float `[N]`) moves."""
    content, piece = self.method.reading(whole), self.styles[0][1]
    style = result_lib.Reading([], [], []) if isinstance(piece, drums.Drums) else self.method.reading(piece)
    if content is None or style is None:
      return {}
    key = lambda note: (note.pitch, note.start_time, note.instrument)
    tune = {key(whole.sequence.notes[i]) for i in content.tune}
    return {'content': content, 'style': style, 'result': content.moved(seconds, [i for i, n in enumerate(result.notes) if key(n) in tune])}

  def _assumed(self, whole: Any, mended: list[manner.Mended]) -> dict[str, str]:
    """What was mended in the files, and the meter where it is not the file's."""
    found = {'mended': manner.described(mended), 'style_mended': self.style_mended, 'style_skipped': self.style_skipped}
    if whole.beat_map.meters:
      meters = dict.fromkeys(f'{numerator}/{denominator}' for _, numerator, denominator in whole.beat_map.meters)
      found['meter'] = f'{", ".join(meters)} ({"given" if whole.beat_map.meter_from == "given" else "guessed"})'
    if isinstance(self.styles[0][1], drums.Drums):
      found['assumed'] = 'a style of drums alone: the content stays and gets its drums'
    style = self.styles[0][1].beat_map
    if style.meter_from == 'guess':
      found['style_meter'] = f'{style.meters[0][1]}/{style.meters[0][2]} (guessed)'
    return {name: text for name, text in found.items() if text}

  def _described(self, name: str, whole: Any, found: request_lib.MethodResult, number: int, best: int) -> dict[str, Any]:
    names, settings = [n for n, _ in self.styles], self.settings
    described = {
        'method': self.name, 'content': name, 'style': ', '.join(names[:5]) + (' ...' if len(names) > 5 else ''),
        'strength': settings.strength, 'style_weight': settings.style_weight, 'content_weight': settings.content_weight,
        'num_steps': settings.num_steps, 'seed': settings.seed, 'tracks': settings.tracks, 'drums': settings.drums,
        'beats_from': whole.beats_from}
    described = {key: value for key, value in described.items() if key not in self.method.unused}
    described.update(found.details)
    if settings.bars:
      described['bars'] = passages.written(settings.bars)
    if settings.candidates > 1:
      described.update(candidates=settings.candidates, candidate=number + 1, candidate_kept=best + 1)
    return described


def _groups(stretches: list[tuple[Any, Any]], candidates: int) -> list[list[tuple[Any, Any]]]:
  """Stretches in order, cut into groups of at most `GROUP_STEPS` padded steps (or one stretch)."""
  groups: list[list[tuple[Any, Any]]] = [[]]
  longest = 0
  for stretch in stretches:
    steps = max(longest, stretch[0].total_steps)
    if groups[-1] and steps * (len(groups[-1]) + 1) * candidates > GROUP_STEPS:
      groups.append([])
      steps = stretch[0].total_steps
    groups[-1].append(stretch)
    longest = steps
  return groups


def _joined(results: list[request_lib.MethodResult]) -> request_lib.MethodResult:
  """Answers for consecutive groups of contents -> one: edits in order, curves averaged, the first one's details."""
  if len(results) == 1:
    return results[0]
  return request_lib.MethodResult(
      edits=[[edit for part in parts for edit in part] for parts in zip(*(r.edits for r in results))],
      history={name: np.mean([r.history[name] for r in results], 0).tolist() for name in results[0].history},
      snapshots={i: [edit for r in results for edit in r.snapshots[i]] for i in results[0].snapshots},
      details=results[0].details, taken=[[one for part in parts for one in part] for parts in zip(*(r.taken for r in results))])
