"""Several updates of a player on one batch draw different noise; the first draws what a single one would."""
import tensorflow as tf

from musicnst.training import trainer


def test_each_update_has_seeds_of_its_own():
  batch = {'inputs': tf.zeros((3, 2)), 'seeds': tf.constant([0, 5, 2**31 - 1], tf.int32)}
  assert trainer._reseeded(batch, 0) is batch
  drawn = [trainer._reseeded(batch, update)['seeds'].numpy().tolist() for update in range(4)]
  assert drawn[0] == [0, 5, 2**31 - 1]
  assert len({tuple(seeds) for seeds in drawn}) == 4 and all(seed >= 0 for seeds in drawn for seed in seeds)
  assert all(len(set(seeds)) == 3 for seeds in drawn)
