"""Whether a checkpoint is of a config: every variable on both sides accounted for, and if not, which config it is of."""
from musicnst import configs
from musicnst import errors
from musicnst.checkpoint_import import table

# So many names of a side are listed in an error.
_LISTED = 8


def match(config, checkpoint):
  """{Magenta's name: Row} of a config whose variables are exactly those of `checkpoint`, beside what only training needs.

  Args:
    config: `config.Config`.
    checkpoint: `tensor_bundle.Checkpoint`.

  Raises:
    CheckpointError: variables that only one side has, or of other shapes; the message lists both sides and which config fits.
  """
  if not config.magenta:
    raise errors.CheckpointError(f'config {config.name!r} is not of Magenta\'s MusicVAE. {advice(checkpoint)}.')
  rows = {row.magenta: row for row in table.of(config)}
  asked = [f'{name} {row.shape}' for name, row in rows.items() if checkpoint.shapes.get(name) != row.shape]
  held = [f'{name} {shape}' for name, shape in checkpoint.shapes.items()
          if (rows[name].shape != shape if name in rows else not table.is_training_only(name))]
  if asked or held:
    raise errors.CheckpointError(
        f'{checkpoint.path} is not a checkpoint of config {config.name!r} with these hyperparameters. {advice(checkpoint)}. '
        f'The config asks for, and the checkpoint lacks: {_list(asked)}. The checkpoint holds, and the config has no place for: {_list(held)}.')
  return rows


def fitting(shapes):
  """[(config name, --hparams text)] of the configs that a checkpoint of these {name: shape} could be of; those at their own size alone where
  there are such."""
  found = []
  for name, config in configs.config_map().items():
    values = {key: value for key, value in sizes(shapes).items() if key in config.hparams} if config.magenta else {}
    try:
      sized = config.override(**values)
      if values and _same(table.of(sized), shapes):
        found.append((name, _text(config.hparams, sized.hparams)))
    except errors.HparamError:
      continue
  return [pair for pair in found if not pair[1]] or found


def sizes(shapes):
  """{hyperparameter: value} that the shapes of a checkpoint tell; {} for one that is not of a MusicVAE."""
  if not {'encoder/mu/bias', 'encoder/sigma/bias'} <= set(shapes):
    return {}
  encoder = _widths(shapes, 'encoder/{0}cell_{1}/bidirectional_rnn/fw/multi_rnn_cell/cell_0/{2}', ('', 'hierarchical_level_0/'))
  encoder = encoder or _widths(shapes, 'encoder/{0}multi_rnn_cell/cell_{1}/{2}', ('',))
  decoder = _widths(shapes, '{0}decoder/multi_rnn_cell/cell_{1}/{2}', ('', 'core_decoder/', 'core_decoder/core_decoder_0/'))
  found = {'z_size': shapes['encoder/mu/bias'][0], 'enc_rnn_size': encoder, 'dec_rnn_size': decoder}
  for side in ('encoder', 'decoder'):
    found[f'residual_{side}'] = any('input_projection_wrapper' in name and name.split('/')[0].endswith(side) for name in shapes)
  nade = [shape[-1] for name, shape in shapes.items() if name.endswith('decoder/nade/w_enc')]
  return {**found, **({'nade_num_hidden': nade[0]} if nade else {})}


def _widths(shapes, pattern, places):
  """Units of the LSTM layers, from their biases `[4 U]`, at the first of `places` that has any."""
  for place in places:
    units = []
    while True:
      names = [pattern.format(place, len(units), f'{wrapper}lstm_cell/bias') for wrapper in ('', 'input_projection_wrapper/')]
      bias = next((shapes[name] for name in names if name in shapes), None)
      if not bias:
        break
      units.append(bias[0] // 4)
    if units:
      return tuple(units)
  return ()


def _same(rows, shapes):
  return {row.magenta: row.shape for row in rows} == {name: shape for name, shape in shapes.items() if not table.is_training_only(name)}


def _text(old, new):
  """What to write after --hparams= to get from `old` to `new`."""
  changed = {name: value for name, value in new.items() if value != old[name]}
  return ','.join(f'{name}=[{",".join(map(str, value))}]' if isinstance(value, tuple) else f'{name}={value}' for name, value in changed.items())


def advice(checkpoint):
  """A sentence, without its full stop: the flags that a checkpoint can be loaded with."""
  fits = fitting(checkpoint.shapes)
  if not fits:
    return 'It fits none of the configs (musicnst list shows them): a checkpoint of another model'
  return 'It fits ' + ', '.join(f'--config={name}' + (f' --hparams={text}' if text else '') for name, text in fits)


def _list(names):
  if not names:
    return 'nothing'
  return ', '.join(names[:_LISTED]) + (f' and {len(names) - _LISTED} more' if len(names) > _LISTED else '')
