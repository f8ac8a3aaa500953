"""The flat LSTM decoder: teacher-forced in one pass over all steps, or running freely step by step."""
import keras
from keras import ops

from musicnst.layers import lstm
from musicnst.layers import noise
from musicnst.layers import recurrence
from musicnst.layers import sampling
from musicnst.models.music_vae import decoders

# Streams of the noise that belongs to an example (layers/noise.py).
DROPOUT_STREAM, CHOICE_STREAM, DRAW_STREAM = range(3)


class LSTMDecoder(decoders.Decoder):
  """z -> tokens, one a step (Roberts et al. 2018, section 3.2; Magenta's `BaseLstmDecoder`).

  The first state is tanh(dense(z)); each step reads the previous token, z, and the step's controls; the logits are a dense layer on the
  top state. Under teacher forcing all products but the recurrence are done for all steps at once.

  Args:
    head: a `heads.Head`.
    steps: T.
    units: tuple, U of each layer.
    control_depth: C.
    autoregressive: whether the previous token is read; without, logits depend on z (and controls) alone.
    residual: whether a layer adds its input (Magenta's `residual_decoder`).
    dropout_rate: share of each layer's input cells dropped in training.
    sampling_schedule, sampling_rate: scheduled sampling, see `layers.sampling`.
  """

  def __init__(self, head, steps, units, control_depth=0, autoregressive=True, residual=False, dropout_rate=0.0,
               sampling_schedule='constant', sampling_rate=0.0, **kwargs):
    super().__init__(steps, **kwargs)
    sampling.check(sampling_schedule, sampling_rate)
    self.head = head
    self.control_depth, self.autoregressive = control_depth, autoregressive
    self.schedule, self.rate = sampling_schedule, sampling_rate
    self.stack = lstm.LSTMStack(units, residual, dropout_rate, name='stack')
    self.z_to_state = keras.layers.Dense(self.stack.state_size, activation='tanh', name='z_to_state')
    self.output_projection = keras.layers.Dense(head.logits_depth, name='output_projection')

  def build(self, shape):
    self.head.build(None)
    self.z_to_state.build(shape)
    self.stack.build((None, self.head.depth * self.autoregressive + shape[-1] + self.control_depth))
    self.output_projection.build((None, self.stack.units[-1]))
    self.built = True

  # === The decoder's interface ===

  def logits(self, z, batch=None, training=False, step=0, key=None):
    targets, controls = batch['outputs'], batch.get('controls')
    logits = self.forced(z, shifted(ops.cast(targets, 'float32')), controls, training, step, key)
    return logits * self.mask(batch)[..., None]

  def tokens(self, z, steps=None, temperature=0.0, controls=None, key=None):
    steps = steps or self.steps
    if self.control_depth:
      steps = min(steps, controls.shape[1])
    first = ops.zeros((ops.shape(z)[0], self.head.depth), 'float32')
    return self.free(z, first, steps, temperature, controls, key)

  # === What the hierarchical decoder builds on ===

  @property
  def state_size(self):
    return self.stack.state_size

  def forced(self, z, previous, controls=None, training=False, step=0, key=None):
    """Logits float32 `[B, T, L]` given the previous token of each step `[B, T, D]`; scheduled sampling replaces some in training."""
    return self.forced_to_end(z, previous, controls, training, step, key)[0]

  def forced_to_end(self, z, previous, controls=None, training=False, step=0, key=None, valid=None):
    """As `forced`, also with what is left at the end: (logits, states as a list of (c, h), tokens that were read `[B, T, D]`).

    `valid` `[B, T]`, bool or 0 and 1, says where the states move; all steps if None.
    """
    if training and self.autoregressive and not sampling.never(self.schedule, self.rate):
      previous = self._with_samples(z, previous, controls, step, key)
    timed = []
    if self.autoregressive:
      timed.append(_time_major(previous))
    if controls is not None and self.control_depth:
      timed.append(_time_major(controls))
    if not timed:  # nothing changes in time: an empty piece says how many steps there are
      timed.append(ops.zeros((previous.shape[1], ops.shape(z)[0], 0), self.compute_dtype))
    drop = noise.split(key, DROPOUT_STREAM) if training and key is not None else None
    valid = None if valid is None else _time_major(ops.cast(valid, 'float32')[..., None])
    outputs, states = self.stack.sequence(self._in_order(timed, z), self._first_states(z), drop, valid)
    logits = ops.transpose(ops.cast(self.output_projection(outputs), 'float32'), (1, 0, 2))  # [T, B, L] -> [B, T, L]
    return logits, states, previous

  def free(self, z, first, steps, temperature=0.0, controls=None, key=None):
    """Tokens `[B, steps, D]` fed back one by one, after the token `first` `[B, D]`."""
    return self.free_to_end(z, first, steps, temperature, controls, key)[0]

  def free_to_end(self, z, first, steps, temperature=0.0, controls=None, key=None):
    """As `free`, also with the states after the last step: (tokens, list of (c, h))."""
    uniforms = None
    if temperature:
      uniforms = _time_major(noise.uniform(noise.split(key, DRAW_STREAM), (steps, self.head.draws)))

    def choose(logits, x):
      return self.head.tokens(logits, temperature, x.get('uniforms'))

    return self._loop(z, first, steps, choose, controls, {} if uniforms is None else {'uniforms': uniforms})

  def _with_samples(self, z, previous, controls, step, key):
    """`previous` `[B, T, D]` with some tokens, never the first, replaced by what this decoder says there at temperature 1.

    Deviation: Magenta samples inside the loop that is differentiated. No gradient passes a sample, so the samples are drawn first,
    without gradient, and the forced pass over them has the same value and gradient.
    """
    steps, draws = previous.shape[1], self.head.draws
    chance = sampling.probability(self.schedule, self.rate, step)
    chosen = ops.cast(noise.uniform(noise.split(key, CHOICE_STREAM), (steps, 1)) < chance, 'float32')
    xs = {'chosen': _time_major(chosen), 'truth': _time_major(ops.concatenate([previous[:, 1:], previous[:, :1]], axis=1)),
          'uniforms': _time_major(noise.uniform(noise.split(key, DRAW_STREAM), (steps, draws)))}

    def choose(logits, x):
      said = self.head.scheduled(logits, x['uniforms'])
      return x['chosen'] * said + (1 - x['chosen']) * x['truth']

    fed, _ = self._loop(ops.stop_gradient(z), previous[:, 0], steps, choose, controls, xs)
    return ops.stop_gradient(ops.concatenate([previous[:, :1], fed[:, :-1]], axis=1))

  def _loop(self, z, token, steps, choose, controls, xs):
    """Steps one by one; `choose(logits, x) -> token` says what the next step reads. Returns those tokens `[B, steps, D]` and the last states."""
    if self.control_depth:
      xs = {**xs, 'controls': _time_major(ops.cast(controls, 'float32')[:, :steps])}
    depths = [self.head.depth] * self.autoregressive
    if self.control_depth:
      # The kernel's rows are token, z, controls: z is a piece like the others here.
      stepper = self.stack.stepper([], [*depths, z.shape[-1], self.control_depth])
    else:
      stepper = self.stack.stepper([z], depths)

    names, kernel = sorted(xs), ops.cast(self.output_projection.kernel, self.compute_dtype)

    def body(carry, x):
      x = dict(zip(names, x))
      pieces = [carry[0]] * self.autoregressive + ([z, x['controls']] if self.control_depth else [])
      output, states = stepper(pieces, list(zip(carry[1::2], carry[2::2])))
      logits = ops.cast(ops.matmul(output, kernel), 'float32') + ops.cast(self.output_projection.bias, 'float32')
      return choose(logits, x), *(part for state in states for part in state)

    states = [part for cell, hidden in self._first_states(z) for part in (ops.cast(cell, 'float32'), hidden)]
    found = recurrence.loop(body, (ops.cast(token, 'float32'), *states), tuple(xs[name] for name in names), steps)
    last = [part[-1] for part in found[1:]]
    return ops.transpose(found[0], (1, 0, 2)), list(zip(last[::2], last[1::2]))

  def _first_states(self, z):
    return self.stack.split_state(self.z_to_state(ops.cast(z, self.compute_dtype)))

  def _in_order(self, timed, z):
    """Pieces in the order of the kernel's rows: previous token, z, controls."""
    z = ops.cast(z, self.compute_dtype)
    return [timed[0], z, *timed[1:]] if self.autoregressive else [z, *timed]


def shifted(targets):
  """Targets `[B, T, D]` one step later, after a zero token: what a forced decoder reads."""
  return ops.pad(targets[:, :-1], ((0, 0), (1, 0), (0, 0)))


def _time_major(x):
  return ops.transpose(x, (1, 0, 2))
