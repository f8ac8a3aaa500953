"""The recurrent encoders read the valid steps and nothing else."""
import numpy as np
import pytest

from musicnst import configs
from musicnst import errors
from musicnst.models.music_vae import encoders

B, T, D = 4, 6, 3


def inputs(seed=0):
  return np.random.default_rng(seed).normal(size=(B, T, D)).astype('float32')


@pytest.mark.parametrize('residual', [False, True])
def test_padding_is_not_read(residual):
  encoder = encoders.BidirectionalEncoder((5, 4), residual)
  encoder.build((None, T, D))
  x, lengths = inputs(), np.array([6, 4, 1, 0])
  whole = encoder(x, lengths=lengths).numpy()
  changed = x.copy()
  changed[1, 4:], changed[2, 1:], changed[3] = 9, 9, 9
  np.testing.assert_array_equal(encoder(changed, lengths=lengths), whole)
  np.testing.assert_array_equal(whole[3], 0)
  for row, length in ((1, 4), (2, 1)):
    np.testing.assert_allclose(encoder(x[row:row + 1, :length]).numpy()[0], whole[row], atol=1e-6)
  assert whole.shape == encoder.compute_output_shape((B, T, D)) == (B, 8)


def test_hierarchy_embeds_segments_then_reads_them():
  encoder = encoders.HierarchicalEncoder((2, 3), [(5,), (4,)])
  encoder.build((None, T, D))
  x = inputs()
  segments = encoder.levels[0](x.reshape(B * 3, 2, D)).numpy().reshape(B, 3, 10)
  np.testing.assert_allclose(encoder(x), encoder.levels[1](segments), atol=1e-6)
  # A segment without steps is zeros, and still read.
  segments[0, 1:] = 0
  np.testing.assert_allclose(encoder(x, lengths=np.array([[2, 0, 0]] + [[2, 2, 2]] * 3)), encoder.levels[1](segments), atol=1e-6)


def test_segment_lengths():
  np.testing.assert_array_equal(encoders.segment_lengths(np.array([6, 3, 0]), 3, 2), [[2, 2, 2], [2, 1, 0], [0, 0, 0]])


def test_levels_must_make_up_the_window():
  with pytest.raises(errors.HparamError, match='level_lengths'):
    configs.get('hierdec-mel_16bar').override('enc_rnn_size=[4],dec_rnn_size=[4],level_lengths=[3,16]').build_model()
