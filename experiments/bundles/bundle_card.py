"""The data card of a bundle, made of its recipe and of what was measured, so that the two cannot drift apart."""
from data_prep.corpora import corpus_map

# Measures that a card tells, where a model has them: name in the report -> words.
FIGURES = {
    'sampled/onset_f1': 'onset F1 decoded from the mean', 'sampled/frame_f1': 'frame F1',
    'teacher_forced/accuracy': 'accuracy teacher-forced', 'sampled/accuracy': 'accuracy running free (likeliest token, from the mean)',
    'sampled/event_accuracy': 'accuracy running free at steps where something happens',
    'sampled/mean_per_class_accuracy': 'mean per-class accuracy running free', 'accuracy': 'accuracy',
    'onset_f1': 'onset F1', 'moved_f1': 'of what is read',
    'mean_per_class_accuracy': 'mean per-class accuracy', 'kl_nats': 'KL nats', 'active_dimensions': 'active dimensions',
}

# How windows are split, unless their report says otherwise.
SPLIT = "split by piece (the corpora's own splits), near-duplicate pieces kept together, equal windows only once"


def write(name, recipe, config, prepared, best, report):
  """The card, markdown.

  Args:
    name: the bundle's.
    recipe: `train_bundles.Recipe`.
    config: the bundle's `config.Config`.
    prepared: the report of the windows' preparation.
    best: {'step', 'by', 'score'} of the checkpoint.
    report: of `evaluation.model.evaluate` on the test split.
  """
  hparams, counts = config.hparams, prepared['examples']
  sources = [f'{corpus.name}: {corpus.description} ({corpus.license})' for corpus in corpus_map.get(recipe.corpora)]
  beats = f', time at a fixed rate ({recipe.time_mode})' if recipe.time_mode else ''
  shifts = f'transposition {hparams.transpose_low:+d} to {hparams.transpose_high:+d} semitones' if hparams.transpose_high else 'none'
  if hparams.get('note_drop', 0):
    shifts += f', up to {hparams.note_drop:.0%} of the notes dropped'
  first = recipe.first
  rows = (
      ('data', f'{"; ".join(sources)}{beats}'),
      ('windows', f'{counts["train"]:,} training, {counts["validation"]:,} validation, {counts["test"]:,} test; {prepared.get("split", SPLIT)}'),
      ('augmentation', shifts),
      ('training', f'config {recipe.config}, {recipe.num_steps:,} steps of {hparams.batch_size} windows, seed {recipe.seed}'
                   + (', bfloat16' if recipe.mixed_precision else '') + (f'; hparams {recipe.hparams}' if recipe.hparams else '')
                   + (f'; from the weights of {first.num_steps:,} steps with hparams {first.hparams}' if first else '')),
      ('validation', f'{best["by"]} {abs(best["score"]):.4f} at step {best["step"]:,}, whose weights these are'),
      *((f'test, {group}', figures(measures)) for group, measures in _groups(report)),
      ('music', "none of the corpora's music is in this folder; what the model writes may still resemble what it was trained on"),
      ('use', "research; the corpora's licences, named above, hold for what was learned from them"))
  table = '\n'.join(f'| {key} | {value} |' for key, value in rows if value)
  command = f'python -m experiments.run train_bundles --bundle={name} --corpus_root=ROOT --work_dir=DIR'
  return f'# Data card: {name}\n\n{recipe.about or config.description}\n\n| | |\n|---|---|\n{table}\n\nMade again by `{command}`.\n'


def figures(measures):
  """One line of what a dict of measures holds of `FIGURES`."""
  found = {name: measures[name] for name in FIGURES if name in measures}
  if 'sampled/onset_f1' in found:  # not autoregressive: cells, of which nearly all are silent
    found = {name: value for name, value in found.items() if 'accuracy' not in name}
  parts = [f'{FIGURES[name]} {value:.4g}' for name, value in found.items()]
  for mode, words in (('teacher_forced', 'teacher-forced'), ('sampled', 'running free')):
    outputs = [value for name, value in measures.items() if name.startswith(f'{mode}/accuracy/output_')]
    parts += [f'accuracy by voice {words} ' + ' / '.join(f'{value:.3f}' for value in outputs)] if outputs else []
  return ', '.join(parts)


def _groups(report):
  return [('all windows', report['measures']), *report.get('groups', {}).items()]
