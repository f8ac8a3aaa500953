"""Pieces that are no tune over an accompaniment, and styles that hardly say anything: a sensible result, and what was assumed is said."""
import time

import numpy as np
import pytest

from musicnst.cli import outputs
from musicnst.reading import files
from musicnst.rendering import midi
from musicnst.representations import testing
from musicnst.style_transfer import transfer

TRIADS = ((48, 52, 55), (53, 57, 60), (55, 59, 62), (48, 52, 55))


def _song(bars=8):
  """A tune in quarters over triads of a bar."""
  tune = [(72 + (3 * b + i) % 8, 4 * b + i, 4 * b + i + 1) for b in range(bars) for i in range(4)]
  return testing.sequence(tune + [(p, 4 * b, 4 * b + 4) for b in range(bars) for p in TRIADS[b % 4]])


def _lines(*registers):
  """Voices in eighths that go by step, each its own way, 8 bars of 4/4."""
  notes = []
  for seed, low in enumerate(registers):
    way = np.cumsum(np.random.default_rng(seed).integers(-2, 3, 64)) % 10
    notes += [(low + int(step), i / 2, i / 2 + .5) for i, step in enumerate(way)]
  return testing.sequence(notes)


def _many(count):
  sequence = testing.sequence([(72 + i % 5, i, i + 1) for i in range(32)])
  for number in range(1, count):
    held = [(36 + number, 4 * b, 4 * b + 4) for b in range(8)]
    testing.add(sequence, held, program=(4 * number) % 128, instrument=number + (number >= 9))
  return sequence


def _many_tempos(count):
  sequence = _song()
  del sequence.tempos[:]
  for i in range(count):
    sequence.tempos.add(time=i * 16 / count, qpm=60 + (i * 37) % 120)
  return sequence


def _random(low, high, step=.5):
  pitches = np.random.default_rng(low).integers(low, high, 64)
  return [(int(p), i * step, i * step + step) for i, p in enumerate(pitches)]


ONE_NOTE = testing.sequence([(64, 0, 1)])
# Contents and styles beside an ordinary song, and what is said of them.
CONTENTS = {
    'fugue': (_lines(72, 58), 'the voices of the sequence are equals'), 'choir': (_lines(72, 64, 55, 43), ''),
    'atonal': (testing.sequence(_random(66, 84) + _random(36, 58)), ''),
    'chromatic': (testing.sequence([(60 + i % 24, i / 4, i / 4 + .25) for i in range(128)] + [(36 + i % 12, i, i + 1) for i in range(32)]), ''),
    '30 instruments': (_many(30), ''), 'many tempos': (_many_tempos(400), ''),
    'a tune alone': (testing.melody(8, 3), 'a tune alone and gets an accompaniment'), 'one note': (ONE_NOTE, 'a tune alone'),
}
STYLES = {
    'shorter than a bar': (testing.sequence([(48, 0, .5), (64, .5, 1)]), 'shorter than a bar'), 'four bars': (_song(4), ''),
    'no chords': (testing.sequence([(60, i, i + .5) for i in range(32)]), 'a tune alone'), 'one note': (ONE_NOTE, 'without chords'),
    'a tune alone': (testing.melody(8, 3), 'rhythm and register are the figure'), 'many tempos': (_many_tempos(400), ''),
    'chromatic': (testing.sequence(_random(40, 80, .25)), ''), '30 instruments': (_many(30), ''),
}


def _sound(result):
  """Checks what any result must have; its notes can be written."""
  assert result.metrics['tune_kept'] == 1 and all(np.isfinite(value) for value in result.metrics.values())
  last = max(n.end_time for n in result.content.notes)
  assert all(0 <= n.start_time < n.end_time <= last + .01 and 0 <= n.pitch < 128 for n in result.sequence.notes)
  midi.to_mido(result.sequence)


@pytest.mark.parametrize('name', sorted(CONTENTS))
def test_contents(name):
  content, said = CONTENTS[name]
  result = transfer.transfer(content, testing.chords(8, 1))
  _sound(result)
  assert result.added and said in result.settings.get('assumed', '') and said in outputs.told(result)


@pytest.mark.parametrize('name', sorted(STYLES))
def test_styles(name):
  style, said = STYLES[name]
  result = transfer.transfer(_song(), style)
  _sound(result)
  assert result.added and said in result.settings.get('assumed', '') and said in outputs.told(result)


def test_two_single_notes():
  _sound(transfer.transfer(ONE_NOTE, testing.sequence([(60, 0, 1)])))


@pytest.mark.parametrize('options', [{}, {'seed': 5}, {'instruments': 'style'}])
def test_a_style_that_is_the_content_changes_nothing(options, notes_of):
  result = transfer.transfer(_song(), _song(), **options)
  assert notes_of(result.sequence) == notes_of(_song()) and not result.added and not result.removed
  assert 'the content itself: nothing changes' in outputs.told(result)


def test_a_folder_of_which_half_cannot_be_read(tmp_path):
  for number in range(3):
    midi.write(testing.chords(4, number), tmp_path / f'good{number}.mid')
    (tmp_path / f'bad{number}.mid').write_text('no music')
  (tmp_path / 'bad3.mid').write_bytes(b'')
  result = transfer.transfer(_song(), str(tmp_path))
  _sound(result)
  assert result.settings['style'] == 'good0.mid, good1.mid, good2.mid'
  assert result.settings['style_skipped'] == '3 not_midi, 1 empty_file' and '3 not_midi' in outputs.told(result)


@pytest.mark.slow
def test_an_hour(tmp_path):
  started = time.monotonic()
  result = transfer.transfer(_song(1800), testing.chords(16, 1))
  _sound(result)
  midi.write(result.sequence, tmp_path / 'hour.mid')
  assert len(files.read(tmp_path / 'hour.mid')[0].notes) > 7200 and time.monotonic() - started < 240
