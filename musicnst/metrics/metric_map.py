"""The metrics of a transfer by name, each with what it means in plain words and which direction is better: what the report shows."""
import dataclasses
import functools
from collections.abc import Callable
from collections.abc import Iterable
from collections.abc import Sequence

import numpy as np

from musicnst import registry
from musicnst.metrics import arranged
from musicnst.metrics import arrangement
from musicnst.metrics import distribution
from musicnst.metrics import notes as notes_lib
from musicnst.metrics import transfer

HIGHER, LOWER, NEAR_ONE, NEAR_CONTENT = 'higher', 'lower', 'near 1', 'near what the content has'


class Transfer:
  """The three pieces of a transfer, and what several metrics need of them, computed once when first asked for.

  Args:
    content: NoteSequence or `notes.Notes`.
    style: the same, or a list of them.
    result: the same as content.
  """

  def __init__(self, content: notes_lib.Music, style: notes_lib.Music | Sequence[notes_lib.Music], result: notes_lib.Music):
    self.content, self.result = notes_lib.pitched(content), notes_lib.pitched(result)
    self.styles = [notes_lib.pitched(piece) for piece in (style if isinstance(style, (list, tuple)) else [style])]

  @functools.cached_property
  def change(self) -> transfer.ContentChange:
    return transfer.sequence_change(self.content, self.result)

  @functools.cached_property
  def style_gain(self) -> dict[str, float]:
    return transfer.style_gain(self.content, self.styles, self.result)

  @functools.cached_property
  def common(self) -> transfer.CommonNotes:
    """The longest run shared with any of the styles."""
    found = (transfer.longest_common_notes(self.result, style) for style in self.styles)
    return max(found, key=lambda common: common.length)


@dataclasses.dataclass(frozen=True)
class Metric:
  """One metric.

  Args:
    function: `Transfer -> float`; of a metric that needs a judge, the function of the judge's probabilities.
    meaning: one sentence for someone who reads no code.
    better: HIGHER, LOWER, NEAR_ONE or NEAR_CONTENT.
    needs_judge: it takes a classifier's probabilities, not pieces.
    needs_sets: it takes two lists of pieces, real or training ones and generated ones.
    needs_reading: it takes an `arranged.Arrangement`: pieces whose tune and chords are known.
    before: the same of the content itself, `Arrangement -> float`, where it says what the figure is to be held against.
  """

  function: Callable
  meaning: str
  better: str
  needs_judge: bool = False
  needs_sets: bool = False
  needs_reading: bool = False
  before: Callable | None = None

  @property
  def of_transfer(self) -> bool:
    """Whether `function` takes a Transfer."""
    return not (self.needs_judge or self.needs_sets or self.needs_reading)


def _arranged(meaning: str, function: Callable, better: str = HIGHER, before: Callable | None = None) -> Metric:
  return Metric(function, meaning, better, needs_reading=True, before=before)


def _similar_bars(lag: int) -> Metric:
  meaning = 'next one' if lag == 1 else f'one {lag} bars on'
  return _arranged(
      f'How much of a bar, onsets and pitches, comes again in the {meaning}.', lambda a: a.bar_similarity(a.result, lag), NEAR_CONTENT,
      lambda a: a.bar_similarity(a.content, lag))


METRIC_MAP = {
    'content_change': Metric(
        lambda t: t.change.total,
        'Sounding sixteenths added or removed, for each one of the content: 0 is a copy, 1 as many changed as there were.', LOWER),
    'content_added': Metric(lambda t: t.change.added, 'The part of content_change that was added.', LOWER),
    'content_removed': Metric(lambda t: t.change.removed, 'The part of content_change that was removed.', LOWER),
    'onset_change': Metric(
        lambda t: transfer.onset_change(t.content, t.result).total,
        'Notes added or removed, for each note of the content, whatever their length.', LOWER),
    'chroma_similarity': Metric(
        lambda t: transfer.chroma_similarity(t.content, t.result),
        'How alike the harmonies are, two beats at a time, of content and result: 1 the same, about .5 for unrelated pieces.', HIGHER),
    'skyline_kept': Metric(
        lambda t: transfer.skyline_kept(t.content, t.result),
        'Share of the top notes of the content (what one hears as its melody) that are still there.', HIGHER),
    'density_ratio': Metric(
        lambda t: transfer.density_ratio(t.content, t.result),
        'Notes of the result for each note of the content.', NEAR_ONE),
    'key_share': Metric(
        lambda t: transfer.key_share(t.content, t.result),
        'Share of the notes of the result that belong to the key of the content.', HIGHER),
    'one_step_share': Metric(
        lambda t: transfer.one_step_share(t.result),
        'Share of notes no longer than a sixteenth; many of them sound fragmented.', LOWER),
    'style_time_pitch': Metric(
        lambda t: t.style_gain['time_pitch'], 'Style gain: how far the result went from content to style in which intervals follow each '
        'other after what time; 0 not at all, 1 to the style, below 0 away from it.', HIGHER),
    'style_onset_duration': Metric(
        lambda t: t.style_gain['onset_duration'], 'The same for where in the bar notes begin and how long they last.', HIGHER),
    'style_onset_velocity': Metric(
        lambda t: t.style_gain['onset_velocity'], 'The same for where in the bar notes begin and how loud they are.', HIGHER),
    'longest_common_notes': Metric(
        lambda t: t.common.length,
        'Length of the longest run of notes that the result shares with the style piece, at any pitch: a long one was copied.', LOWER),
    'common_notes_share': Metric(
        lambda t: t.common.share,
        'That run as a share of all notes of the result.', LOWER),
    'one_way_strength': Metric(
        transfer.one_way_strength, 'How much less probable a classifier finds the old genre in the result than in the content: 0 no change, 1 gone.',
        HIGHER, needs_judge=True),
    'transfer_strength': Metric(
        transfer.transfer_strength, 'The same, averaged with how much of the old genre returns when the result is transferred back.',
        HIGHER, needs_judge=True),
    'distribution_overlap': Metric(
        distribution.mean_overlap,
        'How much the differences between generated and real pieces look like those among real ones (Yang and Lerch), mean over six features: '
        '1 alike, 0 far apart.', HIGHER, needs_sets=True),
    'copied_share': Metric(
        lambda training, generated: float(np.mean([distribution.copied_share(piece, training) for piece in generated])),
        'Longest common subsequence of notes with a training piece, in any key, as a share of the notes of a generated one, mean: 1 is a copy.',
        LOWER, needs_sets=True),
    'bleu': Metric(
        lambda real, generated: distribution.music_bleu(generated, real),
        'Share of runs of one to four steps from note to note of the generated pieces that occur in real ones too.', HIGHER, needs_sets=True),
    'tune_kept': _arranged(
        'Share of the notes of the tune that are still there, at their time and pitch.',
        lambda a: arrangement.tune_kept(a.content, a.tune, a.result)),
    'chords_kept': _arranged(
        'Share of the time in which the chord has its root still and is major or minor as before, as far as notes tell chords.',
        lambda a: a.chords_kept()),
    'chords_kept_full': _arranged(
        'The same of the whole chord: its root, all its tones (sevenths, sixths) and its bass.', lambda a: a.chords_kept(full=True)),
    'chord_tone_share': _arranged(
        'Share of the notes around the tune that belong to the chord of the content.', lambda a: a.chord_tone_share(a.accompaniment),
        NEAR_CONTENT, lambda a: a.chord_tone_share(a.own)),
    'bass_is_root': _arranged(
        'Share of the chords whose lowest note is their root.', lambda a: a.bass_is_root(a.result), NEAR_CONTENT,
        lambda a: a.bass_is_root(a.content)),
    'accompaniment_repetition': _arranged(
        'How much each bar of the accompaniment is like one of the four before it: 1 a figure that goes on.',
        lambda a: a.repetition(a.accompaniment), NEAR_CONTENT, lambda a: a.repetition(a.own)),
    'groove_similarity': _arranged(
        'How alike the rhythms of neighbouring bars are: 1 the same.', lambda a: a.groove(a.result), NEAR_CONTENT, lambda a: a.groove(a.content)),
    **{f'bar_similarity_{lag}': _similar_bars(lag) for lag in (1, 4, 8)},
    'wrong_notes': _arranged(
        'Share of the new notes that belong neither to the chord nor to the key.', lambda a: a.wrong_share(a.new), LOWER,
        lambda a: a.wrong_share(a.own)),
    'rubs': _arranged(
        'Share of the new notes that sound with another a semitone, a major seventh or a minor ninth away.',
        lambda a: arranged.rubs(a.new, a.result), LOWER, lambda a: arranged.rubs(a.own, a.content)),
    'low_intervals': _arranged(
        'New notes nearer than a fourth above another below C3 (mud), for each new note there.', lambda a: arrangement.low_intervals(a.new), LOWER,
        lambda a: arrangement.low_intervals(a.own)),
    'out_of_range': _arranged(
        'New notes that their instrument cannot reach.', lambda a: arranged.out_of_range(a.new), LOWER, lambda a: arranged.out_of_range(a.own)),
    'overlaps': _arranged(
        'New notes that sound together with another of an instrument that plays one at a time.', lambda a: arranged.overlaps(a.new, a.result),
        LOWER, lambda a: arranged.overlaps(a.own, a.content)),
    'notes_outside': _arranged(
        'Notes before the first of the content, or after the end of its last.', lambda a: float(arrangement.outside(a.result, a.content)), LOWER),
    'form_kept': _arranged(
        'Share of the groups of equal bars whose bars are equal still.', lambda a: arrangement.form_kept(a.groups, a.result, a.content.bars)),
    'unplayable': _arranged(
        'Share of the moments at which two hands cannot strike all that begins, five notes and a tenth each; says nothing of a band.',
        lambda a: arrangement.unplayable(a.result), LOWER, lambda a: arrangement.unplayable(a.content)),
}
BEFORE, AFTER = '_before', '_after'


def meaning(name: str) -> str:
  """What a figure says, in plain words; '' for one that nobody described."""
  if name in METRIC_MAP:
    return METRIC_MAP[name].meaning
  return 'The same of the content itself.' if name.removesuffix(BEFORE) in METRIC_MAP else ''


def measure(content: notes_lib.Music, style: notes_lib.Music | Sequence[notes_lib.Music], result: notes_lib.Music,
            names: Iterable[str] | None = None) -> dict[str, float]:
  """The metrics of one transfer that need no judge: dict name -> float.

  Args:
    content: NoteSequence (or `notes.Notes`).
    style: the same, or a list of them.
    result: the same.
    names: which; all of them if None.

  Raises:
    UnknownNameError: a name that METRIC_MAP does not hold.
  """
  names = [name for name, metric in METRIC_MAP.items() if metric.of_transfer] if names is None else names
  pieces = Transfer(content, style, result)
  return {name: float(registry.lookup(METRIC_MAP, name, 'metric').function(pieces)) for name in names}


def measure_arrangement(pieces: arranged.Arrangement) -> dict[str, float]:
  """The metrics of an `arranged.Arrangement`: dict name -> float, with `NAME_before` for those of the content itself."""
  found = {}
  for name, metric in METRIC_MAP.items():
    if metric.needs_reading:
      found[name] = float(metric.function(pieces))
      if metric.before is not None:
        found[name + BEFORE] = float(metric.before(pieces))
  return found
