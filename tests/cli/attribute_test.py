"""`musicnst attribute`: a picture of a file, and what it says of files and models it cannot use."""
import keras
import numpy as np
import pytest

from musicnst import bundles
from musicnst import configs
from musicnst.cli import attribute
from musicnst.cli import command
from musicnst.rendering import midi
from musicnst.representations import testing


@pytest.fixture(scope='module')
def places(tmp_path_factory):
  """Folder with a song of 8 bars, a waltz, and two tiny classifiers."""
  folder = tmp_path_factory.mktemp('attribute')
  midi.write(testing.chords(16, 0), folder / 'song.mid')
  midi.write(testing.sequence([(60, i, i + 1) for i in range(12)], meter=(3, 4)), folder / 'waltz.mid')
  keras.utils.set_random_seed(0)  # of so few units all may be off for a song, and then no gradient passes
  for name, hparams in (('genre-phrase_jazz_pop', 'width=4'), ('genre-roll', 'steps=32,filters=[6],kernels=[4],strides=[2],dense=[24]')):
    config = configs.get(name, hparams)
    bundles.save(config.build_model(), config, folder / name)
  return folder


@pytest.mark.slow
@pytest.mark.parametrize('model, steps', [('genre-phrase_jazz_pop', 64), ('genre-roll', 32)])
def test_a_picture_of_a_file(places, tmp_path, capsys, model, steps):
  found = attribute.run(str(places / model), str(places / 'song.mid'), str(tmp_path / 'why.svg'), num_windows=2)
  assert found.saliency.shape[:2] == (2, steps) and found.saliency.max() == 1
  assert np.all((found.saliency == 0) | (found.saliency >= .25))
  assert 'window 2: ' in capsys.readouterr().out
  text = (tmp_path / 'why.svg').read_text()
  assert text.startswith('<svg') and text.count('class="f"') == 4 and 'class="s"' in text


@pytest.mark.parametrize('arguments, message', [
    (['--model={}/genre-phrase_jazz_pop', '--input={}/song.mid', '--class=folk'], "unknown class 'folk'"),
    (['--model={}/genre-phrase_jazz_pop', '--input={}/song.mid', '--first_window=9'], 'fewer than 9 windows'),
    (['--model={}/genre-phrase_jazz_pop', '--input={}/waltz.mid'], 'unsupported_meter'),
    (['--model={}/genre-phrase_jazz_pop', '--input={}/none.mid'], 'none.mid'),
    (['--model=cat-mel_2bar_small', '--input={}/song.mid'], "can classify music; config 'cat-mel_2bar_small' cannot: it can make music"),
])
def test_what_it_cannot_use_is_named(places, tmp_path, capsys, arguments, message):
  output = tmp_path / 'why.svg'
  assert command.execute(['attribute', f'--output={output}', *(a.format(places) for a in arguments)]) == command.USER_ERROR
  assert message in capsys.readouterr().err and not output.exists()
