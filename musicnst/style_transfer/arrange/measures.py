"""The figures of an arrangement: what of tune, chords and form stayed, and what no player would play (`metrics.metric_map` says what each means)."""
from musicnst.analysis import score as score_lib
from musicnst.metrics import arranged
from musicnst.metrics import metric_map
from musicnst.style_transfer.arrange import harmony


def reading(content, result):
  """`arranged.Arrangement` of an ArrangedPiece and a result: a Score of pitched notes on the same beats."""
  return arranged.Arrangement(content.score, result, content.tune, content.harmony, harmony.of(result), content.groups)


def of(content, result):
  """{name: float} of an ArrangedPiece and a result: a NoteSequence on the same beats."""
  return metric_map.measure_arrangement(reading(content, score_lib.of(result, content.beat_map).pitched()))


def score(metrics):
  """What the best of several candidates has most of: tune and chords kept, and the way to the style, without wrong notes, rubs and mud of its own."""
  rubs = max(0.0, metrics['rubs'] - metrics['rubs_before'])
  way = (metrics['style_time_pitch'] + metrics['style_onset_duration']) / 2
  return metrics['tune_kept'] + metrics['chords_kept'] + way - metrics['wrong_notes'] - rubs - metrics['low_intervals']
