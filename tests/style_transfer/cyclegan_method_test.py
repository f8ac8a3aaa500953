"""CycleGAN on whole pieces: what sounds is what the generators wrote, window by window; genres, errors, there and back."""
import keras
import numpy as np
import pytest
import tensorflow as tf

from musicnst import bundles
from musicnst import configs
from musicnst import errors
from musicnst.reading import files
from musicnst.rendering import midi
from musicnst.representations import testing
from musicnst.style_transfer.generators import cyclegan as cyclegan_method
from musicnst.style_transfer import registry
from musicnst.style_transfer.pieces import piece as piece_lib
from musicnst.style_transfer import transfer

METHODS = ('cyclegan', 'cyclegan-cycled')


@pytest.fixture(scope='module')
def model_path(tmp_path_factory):
  """A bundle of a tiny model that changes a good part of what it reads."""
  keras.utils.set_random_seed(3)
  config = configs.get('cyclegan-full_classical_pop-small', 'width=4,critic_width=4,blocks=1,steps=16,input_skip=.5')
  model = config.build_model()
  for generator in model.generators:
    kernel = generator.output_convolution.kernel
    kernel.assign(np.random.default_rng(0).normal(size=kernel.shape) / 10)
  path = str(tmp_path_factory.mktemp('model') / 'tiny')
  bundles.save(model, config, path, dtype='float32')
  return path


def run(content, path, method='cyclegan', **options):
  options = {'style_genre': 'pop', 'beats': 'tempo', **options}
  return transfer.transfer(content, testing.chords(3, 1), method=method, model=path, **options)


def cells(sequence):
  """bool `[T, 84]` of a NoteSequence."""
  return piece_lib.from_sequence(sequence, beats='tempo').frames[:, 3:87]


def made(model, roll, target):
  """What a generator writes for a whole piece, window by window: the definition."""
  windows = np.pad(roll, ((0, -len(roll) % 16), (0, 0))).reshape(-1, 16, 84).astype('float32')
  return (model.translate(windows, target).numpy() >= .5).reshape(-1, 84)[:len(roll)]


def padded(roll, steps):
  return np.pad(roll, ((0, steps - len(roll)), (0, 0)))


def test_what_sounds_is_what_the_generators_wrote(model_path):
  model = bundles.load(model_path)[0]
  content = testing.chords(7, 0)
  roll = cells(content)
  for genre, target in (('pop', 1), ('classical', 0)):
    result = run(content, model_path, style_genre=genre)
    expected = made(model, roll, target)
    assert 0 < (expected != roll).sum()
    np.testing.assert_array_equal(padded(cells(result.sequence), len(roll)), expected)
    assert result.settings['style_genre'] == genre and result.settings['content_genre'] != genre
  there_and_back = run(content, model_path, 'cyclegan-cycled')
  np.testing.assert_array_equal(padded(cells(there_and_back.sequence), len(roll)), made(model, made(model, roll, 1), 0))


@pytest.mark.parametrize('method', METHODS)
def test_kept_notes_are_what_they_were(method, model_path, notes_of, tmp_path):
  content = testing.chords(5, 0)
  result = run(content, model_path, method)
  assert len(result.kept) + len(result.removed) == len(content.notes) and len(result.kept) + len(result.added) == len(result.sequence.notes)
  # A kept note may be held longer, and nothing else.
  starts = {(n.pitch, n.start_time): n for n in content.notes}
  for note in result.kept:
    before = starts[note.pitch, note.start_time]
    assert (note.velocity, note.instrument) == (before.velocity, before.instrument) and note.end_time >= before.end_time - 1e-9
  assert notes_of(run(content, model_path, method).sequence) == notes_of(result.sequence)
  midi.write(result.sequence, tmp_path / 'result.mid')
  assert len(files.read(tmp_path / 'result.mid')[0].notes) == len(result.sequence.notes)


def test_strength_is_how_unsure_a_generator_may_be(model_path):
  changes = [run(testing.chords(6, 2), model_path, strength=strength).metrics['content_change'] for strength in (0, .3, .5, .7)]
  assert changes[0] == 0 and changes[0] <= changes[1] <= changes[2] <= changes[3] and changes[3] > changes[1]


def test_bars_leave_the_rest_alone(model_path, notes_of):
  content = testing.chords(6, 5)
  outside = lambda notes: [n for n in notes if not 4 <= n[0] < 8]
  result = run(content, model_path, bars=(3, 4))
  assert [n[2:] for n in outside(notes_of(result.sequence))] == [n[2:] for n in outside(notes_of(content))]
  assert all(4 <= n.start_time < 8 for n in result.added)


def test_notes_struck_again_and_notes_out_of_range_stay():
  content = testing.sequence([(60, 0, 1), (60, 1, 2), (21, 0, 4), (72, 0, 4)])
  piece = piece_lib.from_sequence(content, beats='tempo')
  roll = piece.frames[:, 3:87]
  edit = cyclegan_method._edit(piece, roll)
  assert edit.keep.all() and not len(edit.pitches)
  longer = roll.copy()
  longer[8:12, 60 - 24] = True   # the second 60 sounds on
  longer[2:4, 72 - 24] = False   # 72 is broken in two
  edit = cyclegan_method._edit(piece, longer)
  assert [content.notes[i].pitch for i in piece.note_index[~edit.keep]] == [72]
  assert sorted(zip(edit.pitches.tolist(), edit.start_steps.tolist(), edit.end_steps.tolist())) == [(72, 0, 2), (72, 4, 16)]
  assert edit.longer.tolist().count(4) == 1 and edit.longer.sum() == 4


def test_windows_are_filled_with_silence_and_cut_again():
  turn = tf.function(lambda rolls: 1 - rolls)
  roll = np.random.default_rng(0).random((40, 84)) < .2
  np.testing.assert_array_equal(cyclegan_method.transferred(turn, roll, 16), ~roll)


@pytest.mark.parametrize('options, match', [
    ({'style_genre': ''}, 'name --style_genre=classical or --style_genre=pop'),
    ({'style_genre': 'pop', 'content_genre': 'pop'}, 'both pop'),
    ({'style_genre': 'jazz'}, "unknown genre 'jazz'. Known: classical, pop"),
])
def test_genres_must_be_the_models(options, match, model_path):
  with pytest.raises(errors.ArgumentError if 'unknown' not in match else errors.UnknownNameError, match=match):
    run(testing.chords(3, 0), model_path, **options)


def test_content_genre_alone_is_enough(model_path):
  assert run(testing.chords(3, 0), model_path, style_genre='', content_genre='pop').settings['style_genre'] == 'classical'


def test_other_models_and_none_are_named():
  for model, match in ((None, 'needs --model'), ('genre-inner-a', 'a model of a cyclegan'), ('no-such-model', 'no-such-model')):
    with pytest.raises(errors.ModelNotFoundError, match=match):
      registry.load('cyclegan', model)


def test_drums_alone_are_no_music(model_path):
  drums = testing.chords(2, 0)
  for note in drums.notes:
    note.is_drum = True
  with pytest.raises(errors.RejectedSequence, match='only drums'):
    run(drums, model_path)


def test_the_method_knows_both_genres(model_path):
  assert registry.load('cyclegan', model_path).genres == ('classical', 'pop')
