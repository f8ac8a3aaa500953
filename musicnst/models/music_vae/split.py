"""Several core decoders side by side, each writing its own block of the token."""
import keras
from keras import ops

from musicnst.layers import noise


class SplitDecoder(keras.layers.Layer):
  """Core decoders fed each its own block of the token and the same embedding (Magenta's `SplitMultiOutLstmDecoder`).

  Args:
    cores: `LSTMDecoder`s, one a block.
    head: the head of all blocks together, a `Categorical` of their depths.
  """

  def __init__(self, cores, head, **kwargs):
    super().__init__(**kwargs)
    self.cores, self.head, self.steps = list(cores), head, cores[0].steps
    self.autoregressive = any(core.autoregressive for core in cores)

  @property
  def state_size(self):
    return sum(core.state_size for core in self.cores)

  def build(self, shape):
    for core in self.cores:
      core.build(shape)
    self.built = True

  def forced(self, z, previous, controls=None, training=False, step=0, key=None):
    """As `LSTMDecoder.forced`, blocks side by side."""
    return self.forced_to_end(z, previous, controls, training, step, key)[0]

  def forced_to_end(self, z, previous, controls=None, training=False, step=0, key=None, valid=None):
    """As `LSTMDecoder.forced_to_end`; c0 of all cores, then h0 of all cores, and so on."""
    return self._together(lambda core, block, own: core.forced_to_end(z, block, controls, training, step, own, valid), previous, key)

  def free(self, z, first, steps, temperature=0.0, controls=None, key=None):
    """As `LSTMDecoder.free`, blocks side by side."""
    return self.free_to_end(z, first, steps, temperature, controls, key)[0]

  def free_to_end(self, z, first, steps, temperature=0.0, controls=None, key=None):
    """As `LSTMDecoder.free_to_end`."""
    return self._together(lambda core, block, own: core.free_to_end(z, block, steps, temperature, controls, own), first, key)

  def _together(self, run, tokens, key):
    """(what is written, states, further tokens) of all cores; `run(core, its block of tokens, its key)`."""
    edges = [sum(core.head.depth for core in self.cores[:i]) for i in range(1, len(self.cores))]
    found = [run(core, block, None if key is None else noise.split(key, i))
             for i, (core, block) in enumerate(zip(self.cores, ops.split(tokens, edges, axis=-1)))]
    written, states, *read = zip(*found)
    # The i-th layers of all cores make up one state.
    states = [tuple(ops.concatenate(parts, axis=-1) for parts in zip(*layers)) for layers in zip(*states)]
    return ops.concatenate(written, axis=-1), states, *(ops.concatenate(blocks, axis=-1) for blocks in read)
