"""Sound of sequences: length, pitch (by its spectrum), level, silence, long pieces and failures."""
import io
import os

import numpy as np
import pytest
import soundfile

from musicnst import errors
from musicnst import music_proto
from musicnst.reading import midi
from musicnst.rendering import audio
from musicnst.rendering import soundfont
from musicnst.representations import testing


def test_length_and_level():
  sound = audio.synthesize(testing.sequence([(69, 0, 4)], qpm=120), sample_rate=22050)
  assert sound.dtype == np.float32 and sound.ndim == 2 and sound.shape[1] == 2
  assert 2. < len(sound) / 22050 < 2.5  # four beats at 120, and what rings on
  assert np.abs(sound).max() == pytest.approx(.9, abs=.001)


def test_onsets_sound_when_they_are_written():
  sound = audio.synthesize(testing.sequence([(60, 2, 3), (72, 6, 7)], qpm=60), sample_rate=22050)
  loud = np.abs(sound).max(1) > .05
  assert np.argmax(loud) / 22050 == pytest.approx(2., abs=.02)
  assert not loud[int(4.2 * 22050):int(5.95 * 22050)].any() and loud[int(6 * 22050):int(6.2 * 22050)].any()


def test_no_notes_are_a_short_silence():
  sound = audio.synthesize(music_proto.NoteSequence())
  assert sound.shape == (22050, 2) and not sound.any()


def _level(sound, secs):
  """Root mean square of the eighth of a second from there on."""
  start = int(secs * 22050)
  return np.sqrt(np.square(sound[start:start + 22050 // 8]).mean())


def test_programs_and_drums_sound_different():
  # A string that was struck dies away, one that is bowed goes on.
  piano, violin = (audio.synthesize(testing.sequence([(60, 0, 8)], qpm=120, program=program), 22050) for program in (0, 40))
  assert _level(piano, 3) < .25 * _level(piano, .1) and _level(violin, 3) > .75 * _level(violin, .1)
  # A bass drum lies far below a hi-hat: the mean frequency by amplitude.
  kick, hat = (audio.synthesize(testing.sequence([(pitch, 0, 1)], is_drum=True), 22050).mean(1) for pitch in (36, 42))
  centre = lambda sound: np.average(np.fft.rfftfreq(len(sound), 1 / 22050), weights=np.abs(np.fft.rfft(sound)))
  assert centre(kick) < 2000 < 4000 < centre(hat)


@pytest.mark.parametrize('program, is_drum', [(0, False), (48, False), (0, True)])
def test_velocity_is_loudness(program, is_drum):
  """The amplitude goes with the square of the velocity (SoundFont 2.01, 8.4.1): 127, 64 and 20 give 1, .25 and .025."""
  velocities = (127, 64, 20)
  notes = [(60 if not is_drum else 38, 4 * i, 4 * i + 1, velocity) for i, velocity in enumerate(velocities)]
  sound = audio.synthesize(testing.sequence(notes, qpm=60, program=program, is_drum=is_drum), 22050)
  loudest = [np.abs(sound[4 * i * 22050:(4 * i + 3) * 22050]).max() for i in range(3)]
  for velocity, peak in zip(velocities, loudest):
    assert 20 * np.log10(peak / loudest[0]) == pytest.approx(40 * np.log10(velocity / 127), abs=2)


def test_odd_notes_are_rendered():
  sequence = testing.sequence([(0, 0, 1), (127, 0, 1), (60, 1, 1, 127), (60, 1.5, 2, 1)], qpm=60)
  sound = audio.synthesize(sequence, 22050)
  # The lowest and the highest key for a second, a stroke of no length, half a second later the softest note.
  levels = [_level(sound, secs) for secs in (.5, 1, 1.3, 1.6)]
  assert levels[0] > .05 and levels[1] > .05 and levels[2] < .1 * levels[1] and levels[3] < .1 * levels[1]
  assert 2 < len(sound) / 22050 < 3


def test_same_sound_twice():
  sequence = testing.sequence([(60, 0, 1), (64, 1, 2)])
  np.testing.assert_array_equal(audio.synthesize(sequence, 22050), audio.synthesize(sequence, 22050))


def test_end_secs_cuts():
  sequence = testing.sequence([(60, i, i + 1) for i in range(60)], qpm=60)
  whole, cut = audio.synthesize(sequence, 22050), audio.synthesize(sequence, 22050, end_secs=5)
  assert 5 < len(cut) / 22050 < 5.5 and 60 < len(whole) / 22050 < 60.5
  np.testing.assert_allclose(cut[:5 * 22050], whole[:5 * 22050], atol=1e-6)


def test_pedal_lengthens_notes():
  sequence = testing.sequence([(60, 0, .5), (60, 7, 7.1, 1)], qpm=60)
  dry = audio.synthesize(sequence, 22050)
  sequence.control_changes.add(time=0, control_number=64, control_value=127)
  sequence.control_changes.add(time=4, control_number=64, control_value=0)
  held = audio.synthesize(sequence, 22050)
  when = slice(int(1.5 * 22050), int(2 * 22050))
  assert np.abs(dry[when]).max() < 1e-4 < .01 < np.abs(held[when]).max()


def test_blocks_join_without_a_seam(monkeypatch):
  sequence = testing.sequence([(60 + i % 12, i * .8, i * .8 + 2.5) for i in range(20)], qpm=60)
  whole = audio.synthesize(sequence, 22050)
  monkeypatch.setattr(audio, '_BLOCK_SECS', 3.)
  parts = audio.synthesize(sequence, 22050)
  assert abs(len(parts) - len(whole)) < 2205
  size = min(len(parts), len(whole))
  np.testing.assert_allclose(parts[:size], whole[:size], atol=2e-3)


def test_convolution_is_numpys():
  random = np.random.default_rng(3)
  sound, echo = (random.standard_normal((size, 2)).astype(np.float32) for size in (5000, 37))
  expected = np.stack([np.convolve(sound[:, i], echo[:, i]) for i in range(2)], 1)
  np.testing.assert_allclose(audio._convolved(sound, echo), expected, atol=1e-4)


def test_wav_file(tmp_path):
  path = tmp_path / 'new' / 'a.wav'
  sequence = testing.sequence([(60, 0, 2)])
  audio.write_wav(sequence, path)
  sound, rate = soundfile.read(path, dtype='float32')
  assert rate == 44100 and soundfile.info(path).subtype == 'PCM_16'
  np.testing.assert_allclose(sound, audio.synthesize(sequence), atol=1e-4)
  assert os.listdir(path.parent) == ['a.wav']


def test_unwritable_wav(tmp_path):
  (tmp_path / 'file').write_text('')
  with pytest.raises(errors.OutputError, match='cannot be written'):
    audio.write_wav(testing.sequence([(60, 0, 1)]), tmp_path / 'file' / 'a.wav')


def test_failing_disk_is_an_output_error(tmp_path):
  with pytest.raises(errors.OutputError, match='cannot be written'):
    audio._write('/dev/full', iter([np.zeros((100_000, 2), np.float32)]), 44100, tmp_path / 'a.wav', format='WAV', subtype='PCM_16')


def test_ogg_comes_back():
  sound = audio.synthesize(testing.sequence([(69, 0, 3)], qpm=60), 22050)
  decoded, rate = soundfile.read(io.BytesIO(audio.ogg_bytes(sound, 22050)), dtype='float32')
  assert rate == 22050 and decoded.shape == sound.shape
  assert np.abs(decoded).max() == pytest.approx(.9, abs=.1)
  assert _fundamental_hz(decoded[2205:22050].mean(1), 22050) == pytest.approx(440, rel=.02)


@pytest.mark.slow
def test_ogg_of_a_long_sound_does_not_crash_libsndfile():
  sound = np.zeros((22050 * 400, 2), np.float32)
  assert soundfile.info(io.BytesIO(audio.ogg_bytes(sound, 22050))).frames == len(sound)


@pytest.mark.parametrize('program', [0, 24, 32, 40, 73])
def test_instruments_sound_at_the_pitch_that_is_written(program):
  sequence = testing.sequence([(pitch, i, i + .9) for i, pitch in enumerate((48, 60, 64, 72))], qpm=60, program=program)
  sound = audio.synthesize(sequence, 22050)
  for i, hz in enumerate((130.81, 261.63, 329.63, 523.25)):
    assert _fundamental_hz(sound[int((i + .1) * 22050):int((i + .8) * 22050)].mean(1), 22050) == pytest.approx(hz, rel=.02)


def _fundamental_hz(sound, sample_rate):
  """By autocorrelation: the first lag at which the sound is nearly itself again."""
  same = np.correlate(sound, sound, 'full')[len(sound) - 1:]
  start = int(np.argmax(same < 0))
  lags = same[start:sample_rate // 40]
  peaks = (lags[1:-1] > lags[:-2]) & (lags[1:-1] >= lags[2:]) & (lags[1:-1] > .8 * lags.max())
  return sample_rate / (start + 1 + int(np.argmax(peaks)))


def test_missing_soundfont_is_named(monkeypatch):
  monkeypatch.setattr('importlib.util.find_spec', lambda name: None)
  with pytest.raises(errors.ReadError, match='pip install pretty_midi'):
    soundfont.find()


def test_only_a_soundfont_is_corrected():
  with pytest.raises(ValueError, match='not a SoundFont'):
    soundfont.corrected(b'MThd' + bytes(100))




@pytest.mark.slow
def test_every_conformance_file_sounds(shared):
  heard = 0
  for path in sorted((shared / 'data' / 'conformance').glob('*.mid')):
    try:
      sequence = midi.read(path)
    except errors.ReadError:
      continue
    sound = audio.synthesize(sequence, 8000, end_secs=20)
    peak = float(np.abs(sound).max())
    assert peak == (pytest.approx(.9, abs=1e-3) if sound.any() else 0), path.name
    heard += bool(sound.any())
  assert heard > 30
