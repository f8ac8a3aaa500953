"""What the results say, in words; every figure in them is computed from results.json."""
from experiments.paper import tables

VGG_ROLL, CLASSIFIER_ROLL, VGG_LATENTS, CLASSIFIER_LATENTS = (
    'paper-vgg-roll', 'paper-classifier-roll', 'paper-vgg-latents', 'paper-classifier-latents')


class _Figures:
  """Means over the pairs of a kind at the paper's ratio, as text."""

  def __init__(self, results, kind):
    self.results, self.kind = results, kind

  def value(self, experiment, column, threshold=None, **wanted):
    """Mean of a column, a float or None."""
    wanted = {'iteration': tables.COMMON_ITERATION, 'optimizer': 'adam', 'ratio': tables.PAPER_RATIO, **wanted}
    if experiment.endswith('roll'):
      wanted['threshold'] = threshold or .5
    return tables.mean(tables.select(self.results, experiment=experiment, kind=self.kind, **wanted), column)

  def __call__(self, experiment, column, threshold=None, **wanted):
    return tables.number(self.value(experiment, column, threshold, **wanted))

  def share(self, experiment, column, **wanted):
    """How much of the style's distance is left, in percent."""
    rows = [self.value(experiment, name, **wanted) for name in ('style_start', column)]
    return '-' if None in rows else f'{100 * rows[1] / max(rows[0], 1e-12):.0f} %'

  def judge(self, experiment, threshold=None, **wanted):
    """`before -> after` of the judge."""
    return ' -> '.join(self(experiment, column, threshold, **wanted) for column in ('judge_before', 'judge_after'))

  def near(self, experiment, threshold=None, **wanted):
    """`before -> after` of the nearness to the style piece."""
    return ' -> '.join(self(experiment, column, threshold, **wanted) for column in ('nearness_before', 'nearness_after'))

  def control(self, name, column):
    """Mean of a column of a control."""
    return tables.number(tables.mean([row for row in self.results['controls'] if row['kind'] == self.kind and row['experiment'] == name], column))

  def control_judge(self, name):
    return ' -> '.join(self.control(name, column) for column in ('judge_before', 'judge_after'))


def text(results):
  """The reading, or nothing where pairs of composers and of genres were not run."""
  if not {'composer', 'genre'} <= {row['kind'] for row in results['rows']}:
    return ''
  composers, genres = _Figures(results, 'composer'), _Figures(results, 'genre')
  return '\n\n'.join((_rolls(composers), _latents(composers), _judged(composers, genres), _ends(composers, genres)))


def _rolls(f):
  return f'''## What the idea gives, and where it ends

**On rolls the style loss is met without a note being changed.** With VGG-19, {f.share(VGG_ROLL, 'style_end')} of the style distance is left after
{tables.COMMON_ITERATION} iterations at 1 : 4, with the composer classifier {f.share(CLASSIFIER_ROLL, 'style_end')}; of the notes written, as a note from .5,
{f.share(VGG_ROLL, 'written_style')} and {f.share(CLASSIFIER_ROLL, 'written_style')}. The classifier's loss is met by moving a cell by {f(CLASSIFIER_ROLL, 'moved')} on average, and
content change is {f(CLASSIFIER_ROLL, 'content_change')}: what is found is an adversarial picture of the content, not another piece. L-BFGS, the published optimizer,
says the same with less movement ({f(CLASSIFIER_ROLL, 'moved', optimizer='l-bfgs')} a cell, change {f(CLASSIFIER_ROLL, 'content_change', optimizer='l-bfgs')}). Written as the published code wrote it, a
note from .05, the grey between the notes becomes music: VGG-19 gives {f(VGG_ROLL, 'density_ratio', .05)} times the notes, {f(VGG_ROLL, 'one_step_share', .05)} of them sixteenths.
That is the paper's remark that the model makes denser formats the more iterations it does; it is noise below the threshold, not style.'''


def _latents(f):
  return f'''**On latents notes do change, but hardly towards the style.** The style distance falls to {f.share(VGG_LATENTS, 'style_end')} (VGG-19) and
{f.share(CLASSIFIER_LATENTS, 'style_end')} (classifier) of what it was, that of the written notes, encoded again, to {f.share(VGG_LATENTS, 'written_style')} and {f.share(CLASSIFIER_LATENTS, 'written_style')}. Content
change is {f(VGG_LATENTS, 'content_change')} and {f(CLASSIFIER_LATENTS, 'content_change')}, of which the autoencoder alone makes {f.control('reconstruction', 'content_change')}; the nearness to the style piece goes
{f.near(VGG_LATENTS)} and {f.near(CLASSIFIER_LATENTS)} (the style piece itself: {f.control('style-piece', 'nearness_after')}; the default transfer: {f.control('guided', 'nearness_after')}). Notes are thinned: density
{f(VGG_LATENTS, 'density_ratio')} and {f(CLASSIFIER_LATENTS, 'density_ratio')}. So the paper's hope that a dense code makes style transfer music holds in one sense: the results are
valid, sparse music at once, without a threshold.'''


def _judged(f, g):
  return f'''**The judges are not moved.** Probability of the target by classifiers that the experiment did not use, composers: rolls
{f.judge(VGG_ROLL)} (VGG-19), {f.judge(CLASSIFIER_ROLL)} (classifier); latents {f.judge(VGG_LATENTS)}, {f.judge(CLASSIFIER_LATENTS)}; half of the notes
{f.control_judge('half-notes')}; a piece of the target itself {f.control_judge('style-piece')}. Composer judges are weak (accuracy below), so genres say more: rolls
{g.judge(VGG_ROLL)}, {g.judge(CLASSIFIER_ROLL)}; latents {g.judge(VGG_LATENTS)}, {g.judge(CLASSIFIER_LATENTS)}; half of the notes {g.control_judge('half-notes')};
the style piece itself {g.control_judge('style-piece')}; the default transfer of this package, which measures style through the decoder and is guided
by these very judges, {g.control_judge('guided')} at a content change of {g.control('guided', 'content_change')}.'''


def _ends(f, g):
  return f'''**The ratio is no knob for style.** From 1 : 0 to 0 : 1 (sweep below) more weight on style lowers the style distance of the variable and takes
content away, and the judges' probability does not follow. 1 : 0 is what the published notebooks ran. With latents the deepest reason is visible in
the numbers above: features of latents have their own null directions, along which the loss falls and the decoder writes the same; the style distance
of the written notes stays {f(CLASSIFIER_LATENTS, 'written_style')} where that of the variable is {f(CLASSIFIER_LATENTS, 'style_end')} (genres: {g(CLASSIFIER_LATENTS, 'written_style')} and {g(CLASSIFIER_LATENTS, 'style_end')}).
Style has to be measured on what the decoder writes; that is what the default method does.'''
