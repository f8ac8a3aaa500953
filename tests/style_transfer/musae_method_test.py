"""Voices of pieces carried between the genres of a MusAE."""
import keras
import numpy as np
import pytest
from scipy import stats

from musicnst import bundles
from musicnst import configs
from musicnst import errors
from musicnst.representations import testing
from musicnst.representations import tracks
from musicnst.representations import voices
from musicnst.style_transfer.generators import musae as musae_method
from musicnst.style_transfer.pieces import piece as piece_lib
from musicnst.style_transfer import transfer

TINY = 'width=6,z_size=4,critic_size=[4]'


@pytest.fixture(scope='module')
def bundle(tmp_path_factory):
  """A tiny mixture with random weights, as a bundle."""
  keras.utils.set_random_seed(3)
  config = configs.get('musae-2bar_mixture-small', TINY)
  path = tmp_path_factory.mktemp('musae') / 'mixture'
  bundles.save(config.build_model(), config, path, 'a card')
  return str(path)


def _edited(content, places, own, result, editable=None):
  piece = piece_lib.from_sequence(content, beats='tempo')
  editable = np.ones(piece.total_steps, bool) if editable is None else editable
  return musae_method.edit_of_voices(piece, editable, places, np.array(own).T, np.array(result).T)


def test_a_voice_is_rewritten_and_the_rest_stays():
  content = testing.sequence([(72, 0, 1), (64, 0, 2), (74, 1, 2)])
  s, h = tracks.SILENCE, tracks.HOLD
  own = [[72, h, h, h, 74, h, h, h]]
  edit = _edited(content, [np.array([0, 2])], own, [[72, h, 71, h, s, s, 64, h]])
  assert edit.keep.tolist() == [True, True, False]
  assert list(zip(edit.pitches, edit.start_steps, edit.end_steps)) == [(71, 2, 4), (64, 6, 8)]
  late = np.arange(8) >= 4
  edit = _edited(content, [np.array([0, 2])], own, [[71, h, 71, h, s, s, s, s]], late)
  assert edit.keep.tolist() == [True, True, False] and not len(edit.pitches)


def test_a_note_held_over_a_seam_stays_one_note():
  s, h = tracks.SILENCE, tracks.HOLD
  own = np.array([[60, h, h, h, h, h, s, s]]).T
  struck = np.array([[60, h, h, h, 60, h, s, s]]).T
  assert musae_method.joined(own, struck, 4)[:, 0].tolist() == own[:, 0].tolist()
  other = np.array([[62, h, h, h, 60, h, s, s]]).T
  assert musae_method.joined(own, other, 4)[4, 0] == 60


def _likeliest(bundle, sequence):
  """The genre whose Gaussian's log density, summed over the windows' means, is highest; by scipy."""
  model = bundles.load(bundle)[0]
  converter = voices.VoicesConverter(**{**model.converter_arguments, 'continuous': True})
  hot = np.stack([window.inputs for window in converter.to_windows(sequence)]).astype(np.float32)
  means, prior = model.encode({'inputs': hot}).mean.numpy().astype(np.float64), model.prior
  density = lambda i: stats.multivariate_normal(prior.means[i], prior.covariance(i)).logpdf(means).sum()
  return max(model.genres, key=lambda genre: density(model.component_of(genre)))


def test_transfer(bundle, notes_of):
  content, style = testing.chords(5, 0), testing.chords(3, 1)
  options = dict(method='musae', model=bundle, beats='tempo', content_genre='pop', style_genre='jazz')
  result = transfer.transfer(content, style, **options)
  assert result.settings['style_genre'] == 'jazz' and result.settings['content_genre'] == 'pop'
  assert len(result.kept) + len(result.removed) == len(content.notes)
  assert len(result.kept) + len(result.added) == len(result.sequence.notes)
  assert notes_of(transfer.transfer(content, style, **options).sequence) == notes_of(result.sequence)
  assert notes_of(transfer.transfer(content, style, **{**options, 'style_genre': 'pop'}).sequence) == notes_of(content)
  recognised = transfer.transfer(content, style, method='musae', model=bundle, beats='tempo')
  assert recognised.settings['style_genre'] == _likeliest(bundle, style) and recognised.settings['content_genre'] == _likeliest(bundle, content)
  halfway = transfer.transfer(content, style, bars=(2, 3), **options)
  assert all(2 <= n.start_time < 6 for n in halfway.added + halfway.removed)


def test_named_errors(bundle, tmp_path):
  content = testing.chords(3, 0)
  run = lambda **options: transfer.transfer(content, content, method='musae', beats='tempo', **options)
  with pytest.raises(errors.ModelNotFoundError, match='needs --model'):
    run()
  with pytest.raises(errors.UnknownNameError, match="unknown genre 'polka'. Known: classical, jazz"):
    run(model=bundle, style_genre='polka')
  with pytest.raises(errors.ArgumentError, match='steps_per_quarter is 12'):
    run(model=bundle, style_genre='pop', content_genre='jazz', steps_per_quarter=12)
  config = configs.get('musae-2bar_gaussian-small', TINY)
  bundles.save(config.build_model(), config, tmp_path / 'gaussian', 'a card')
  with pytest.raises(errors.ModelNotFoundError, match='method musae needs a mixture of genres'):
    run(model=str(tmp_path / 'gaussian'))
