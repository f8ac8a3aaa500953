"""Shows which notes of a piece a classifier's decision rests on: piano rolls over saliency maps, as an SVG picture.

  musicnst attribute --model=runs/phrase --input=song.mid --output=why.svg

Each window of the piece is classified; of the chosen class's logit the gradient times the input is drawn, where it is positive and at least
a quarter of the window's highest (Brunner et al., 2019). Classifiers: configs genre-..., composer-... that read rolls.
"""
from absl import flags

from musicnst import errors


def define_flags(flag_values):
  """The verb's flags."""
  def string(name, default, text):
    flags.DEFINE_string(name, default, text, flag_values=flag_values)

  string('model', None, 'Classifier: bundle (name, folder or .zip), run folder or checkpoint.')
  string('input', None, 'Music file.')
  string('output', None, 'SVG file to write.')
  string('class', '', "Explain this class; each window's likeliest by default.")
  flags.DEFINE_integer('first_window', 1, 'First window to show, counted from 1.', lower_bound=1, flag_values=flag_values)
  flags.DEFINE_integer('num_windows', 4, 'Windows to show.', lower_bound=1, flag_values=flag_values)
  flags.DEFINE_float('cut', .25, "Share of a window's highest saliency below which nothing is shown.", lower_bound=0, upper_bound=1,
                     flag_values=flag_values)
  flags.DEFINE_bool('strict', False, 'Refuse a damaged file.', flag_values=flag_values)
  flags.mark_flags_as_required(['model', 'input', 'output'], flag_values=flag_values)


def main(flag_values):
  """Flags -> `run`."""
  run(flag_values.model, flag_values.input, flag_values.output, flag_values['class'].value, flag_values.first_window, flag_values.num_windows,
      flag_values.cut, flag_values.strict)


def run(model, path, output, class_name='', first_window=1, num_windows=4, cut=.25, strict=False):
  """Writes the picture and prints a line a window; returns the `evaluation.attribution.Attribution`.

  Raises:
    AbilityError: the model is no classifier; UnknownNameError: it does not know the class.
    ReadError, RejectedSequence: the file holds no music that it reads; ArgumentError: it has fewer windows.
  """
  from musicnst.reading import files as reading
  from musicnst.reading import manner
  reading.check(path)
  from musicnst import files
  from musicnst import inference
  from musicnst import registry
  from musicnst.models import base
  classifier, config, _ = inference.load_model(model)
  base.require(classifier, base.ClassifierModel, f'{model}: attribution')
  chosen = registry.lookup({name: i for i, name in enumerate(classifier.classes)}, class_name, 'class') if class_name else None
  with manner.using(manner.Manner(strict)) as mended:
    sequence = reading.read(path)[0]
  if mended:
    print(f'{path} mended: {manner.described(mended)}')
  windows = _windows(sequence, config.build_converter(), first_window, num_windows, path)
  from musicnst.evaluation import attribution
  from musicnst.rendering import saliency
  rolls = [window.inputs for window in windows]
  found = attribution.attribute(classifier, rolls, chosen, lengths=[window.length for window in windows], cut=cut)
  panels = []
  for number, (roll, values) in enumerate(zip(rolls, found.saliency), first_window):
    row = number - first_window
    name, share = classifier.classes[found.classes[row]], found.probabilities[row, found.classes[row]]
    title = f'window {number}: {name} {share:.2f}'
    print(f'{title}, {int((values > 0).sum())} of {int((roll > 0).sum())} cells marked')
    panels.append((title, _keys(roll), _keys(values)))
  with files.atomic_path(output) as temporary, open(temporary, 'w', encoding='utf-8') as out:
    out.write(saliency.picture(panels))
  print(output)
  return found


def _windows(sequence, converter, first, count, path):
  windows = converter.to_windows(sequence)[first - 1:first - 1 + count]
  if not windows:
    raise errors.ArgumentError(f'{path} has fewer than {first} windows of {converter.steps} steps')
  return windows


def _keys(values):
  """`[T, D]` -> `[T, keys]`: of a roll of onsets and sustains the higher one of each key."""
  from musicnst.representations import pianoroll
  keys = pianoroll.NUM_PITCHES
  return values.reshape(len(values), 2, keys).max(1) if values.shape[1] == 2 * keys else values
