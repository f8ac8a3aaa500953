"""What the results say, in words; every figure in them is computed from results.json."""
import textwrap

from experiments.papers.musicnst import tables

VR, CR, VL, CL = 'paper-vgg-roll', 'paper-classifier-roll', 'paper-vgg-latents', 'paper-classifier-latents'
PUBLISHED = {'threshold': .05}


class Figures:
  """Means over the pairs of a kind at the paper's ratio, after the common iteration, as text.

  Args:
    results: the dict of results.json.
    kind: 'composer' or 'genre'.
  """

  def __init__(self, results, kind):
    self.results, self.kind = results, kind

  def value(self, experiment, column, **wanted):
    """Mean of a column, a float or None; `wanted` changes which rows."""
    wanted = {'iteration': tables.iterations(self.results)[0], 'optimizer': 'adam', 'ratio': tables.PAPER_RATIO, 'threshold': (.5, None), **wanted}
    return tables.mean(tables.select(self.results, experiment=experiment, kind=self.kind, **wanted), column)

  def __call__(self, experiment, column, **wanted):
    return tables.number(self.value(experiment, column, **wanted))

  def left(self, experiment, column, **wanted):
    """How much of the style's distance at the start is left, in percent: mean end over mean start."""
    start, end = (self.value(experiment, name, **wanted) for name in ('style_start', column))
    return '-' if start is None else f'{100 * end / max(start, 1e-12):.0f} %'

  def change(self, experiment, column, **wanted):
    """`before -> after` of `judge` or `nearness`."""
    return ' -> '.join(self(experiment, f'{column}_{when}', **wanted) for when in ('before', 'after'))

  def control(self, name, column):
    """Mean of a column of a control."""
    return tables.number(tables.mean([row for row in self.results['controls'] if row['kind'] == self.kind and row['experiment'] == name], column))

  def control_change(self, name, column):
    """As `change`, of a control."""
    return ' -> '.join(self.control(name, f'{column}_{when}') for when in ('before', 'after'))

  def control_left(self, name, experiment):
    """As `left`, of the notes of a control by an experiment's measure."""
    end, start = (tables.control_style(self.results, self.kind, which, experiment) for which in (name, 'copy'))
    return '-' if start is None else f'{100 * end / max(start, 1e-12):.0f} %'

  def most_gained(self, experiment):
    """`+.11 at 1 : 64`: the ratio at which the judge's probability rises most."""
    by_ratio = tables.sweep_table(self.results, self.kind).get(experiment, {})
    gains = {ratio: row['judge_gain'] for ratio, row in by_ratio.items() if row['judge_gain'] is not None}
    if not gains:
      return '-'
    best = max(gains, key=gains.get)
    return f'{gains[best]:+.2f} at {best}'

  def most_moved(self, experiment):
    """The run of the sweep in which the judge moved most, in words."""
    rows = tables.select(
        self.results, experiment=experiment, kind=self.kind, optimizer='adam', iteration=tables.iterations(self.results)[0], threshold=(.5, None))
    row = max(rows, key=lambda row: (row['judge_after'] or 0) - (row['judge_before'] or 0))
    judge, near = (f'{row[name + "_before"]:.2f} -> {row[name + "_after"]:.2f}' for name in ('judge', 'nearness'))
    return f'{row["pair"]} at {row["ratio"]} ({judge} at a content change of {row["content_change"]:.2f}, nearness {near})'


def text(results):
  """The reading, or nothing where not all four experiments were run on pairs of composers and of genres."""
  if len({(row['kind'], row['experiment']) for row in results['rows'] if row['kind'] != 'shipped'}) < 8:
    return ''
  composers, genres = Figures(results, 'composer'), Figures(results, 'genre')
  parts = (_rolls(composers, genres), _latents(composers, genres), _density(composers, genres), _judges(composers, genres), _ratio(composers, genres))
  return '\n\n'.join(['## What the idea gives, and where it ends', *(textwrap.fill(' '.join(part.split()), 140) for part in parts)])


def _rolls(f, g):
  steps = tables.iterations(f.results)[0]
  return f'''
    **On rolls the loss falls and the music does not follow.** At 1 : 4, after {steps} iterations, VGG-19 leaves {f.left(VR, 'style_end')}
    of the style distance of the variable and the composer classifier {f.left(CR, 'style_end')}; of the notes written from it (a note from
    .5) {f.left(VR, 'written_style')} and {f.left(CR, 'written_style')} are left, at a content change of {f(VR, 'content_change')} and
    {f(CR, 'content_change')}. The classifier is satisfied by moving a cell by {f(CR, 'moved')} on average, L-BFGS, the published
    optimizer, by {f(CR, 'moved', optimizer='l-bfgs')}: an adversarial shading of the content, not another piece. Written as the published
    code wrote it, from .05, VGG-19's shading becomes {f(VR, 'density_ratio', **PUBLISHED)} times the notes,
    {f(VR, 'one_step_share', **PUBLISHED)} of them sixteenths: the paper's remark that the result gets denser with the iterations, seen as
    what it is. (Judges are no help there: of genres they give that noise {g.change(VR, 'judge', **PUBLISHED)}.)'''


def _latents(f, g):
  return f'''
    **On latents it is valid, sparse music at once, and nearly the content.** That much the paper hoped for from a dense code. Left of the
    style distance: of the variable {f.left(VL, 'style_end')} (VGG-19) and {f.left(CL, 'style_end')} (classifier), of the written notes,
    encoded again, {f.left(VL, 'written_style')} and {f.left(CL, 'written_style')} (genres: {g.left(VL, 'written_style')} and
    {g.left(CL, 'written_style')}): much of what the loss finds lies where the decoder writes the same. Content change is
    {f(VL, 'content_change')} and {f(CL, 'content_change')} (the autoencoder alone: {f.control('reconstruction', 'content_change')};
    genres {g(VL, 'content_change')} and {g(CL, 'content_change')}), and what changes is thinned, to a density of {f(VL, 'density_ratio')}
    and {f(CL, 'density_ratio')}. The nearness to the style piece goes {f.change(VL, 'nearness')} and {f.change(CL, 'nearness')} (method
    `guided` {f.control('guided', 'nearness_after')} at a change of {f.control('guided', 'content_change')}, the style piece
    {f.control('style-piece', 'nearness_after')}). A random VGG-19 hardly tells latents of two composers apart in the first place: their
    distance is {f(VL, 'style_start')} of the target's energy.'''


def _density(f, g):
  return f'''
    **Much of what these distances measure is how much sounds.** Half of the content's notes, drawn at random and going towards no style,
    leave {f.control_left('half-notes', CR)} of the classifier's distance on rolls and {f.control_left('half-notes', CL)} on latents for
    composers, for genres {g.control_left('half-notes', CR)} and {g.control_left('half-notes', CL)}, and
    {g.control_left('half-notes', VR)} and {g.control_left('half-notes', VL)} of VGG-19's; VGG-19's for composers grows to
    {f.control_left('half-notes', VR)} and {f.control_left('half-notes', VL)}. Gram matrices of activations that are not normalised grow
    with the square of what sounds.'''


def _judges(f, g):
  return f'''
    **Independent judges hear little of it.** Probability of the target, composers: rolls {f.change(VR, 'judge')} (VGG-19),
    {f.change(CR, 'judge')} (classifier); latents {f.change(VL, 'judge')}, {f.change(CL, 'judge')}; half of the notes
    {f.control_change('half-notes', 'judge')}; method `guided` {f.control_change('guided', 'judge')}; a piece by the target itself
    {f.control_change('style-piece', 'judge')}. Genres, by the benchmark's judges: rolls {g.change(VR, 'judge')}, {g.change(CR, 'judge')}; latents
    {g.change(VL, 'judge')}, {g.change(CL, 'judge')}; half of the notes {g.control_change('half-notes', 'judge')}; method `guided`
    {g.control_change('guided', 'judge')} at a content change of {g.control('guided', 'content_change')}; the style piece
    {g.control_change('style-piece', 'judge')}. Four pairs of each kind: differences of a few hundredths mean nothing.'''


def _ratio(f, g):
  return f'''
    **The ratio sets how much the content loses, not how much style comes.** 1 : 0 is what the published notebooks ran. Over the sweep the
    judge gains most {f.most_gained(CL)} (composers) and {g.most_gained(CL)} (genres) with the classifier on latents, {f.most_gained(CR)}
    on rolls, {f.most_gained(VL)} with VGG-19 on latents and {f.most_gained(VR)} on rolls. The last is one pair, {f.most_moved(VR)}: a
    handful of stray notes turn the composer classifiers there, while the nearness to the style piece hardly moves. Where the idea ends:
    the features are those of the variable, not of what is written from it; density weighs heavily in them; and neither network was made
    to hear style rather than notes. Method `guided` measures statistics of the decoded notes, normalised for density, and pays for
    change explicitly.'''
