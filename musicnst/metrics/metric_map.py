"""The metrics of a transfer by name, each with what it means in plain words and which direction is better: what the report shows."""
import dataclasses
import functools
from collections.abc import Callable
from collections.abc import Iterable
from collections.abc import Sequence

import numpy as np

from musicnst import registry
from musicnst.metrics import distribution
from musicnst.metrics import notes as notes_lib
from musicnst.metrics import transfer

HIGHER, LOWER, NEAR_ONE = 'higher', 'lower', 'near 1'


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
    better: HIGHER, LOWER or NEAR_ONE.
    needs_judge: it takes a classifier's probabilities, not pieces.
    needs_sets: it takes two lists of pieces, real or training ones and generated ones.
  """

  function: Callable
  meaning: str
  better: str
  needs_judge: bool = False
  needs_sets: bool = False

  @property
  def of_transfer(self) -> bool:
    """Whether `function` takes a Transfer."""
    return not (self.needs_judge or self.needs_sets)


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
}


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
