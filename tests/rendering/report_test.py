"""The report of a transfer: complete in itself, right in its numbers, safe with any name, light with any piece."""
import base64
import html.parser
import io
import json
import re

import pytest
import soundfile

from musicnst import errors
from musicnst import music_proto
from musicnst.rendering import lead_sheet
from musicnst.rendering import plots
from musicnst.rendering import report
from musicnst.rendering import rolls
from musicnst.representations import testing
from musicnst.style_transfer.pieces import result as result_lib


class _Page(html.parser.HTMLParser):
  """Tags with their attributes, and the text outside scripts and styles."""

  def __init__(self, text):
    super().__init__()
    self.tags, self.words, self._open = [], [], []
    self.feed(text)

  def handle_starttag(self, tag, attrs):
    self.tags.append((tag, dict(attrs)))
    self._open.append(tag)

  def handle_endtag(self, tag):
    while self._open and self._open.pop() != tag:
      pass

  def handle_data(self, data):
    if not {'script', 'style'} & set(self._open):
      self.words.append(data)

  @property
  def text(self):
    return ' '.join(' '.join(self.words).split())

  def of(self, tag):
    return [attrs for name, attrs in self.tags if name == tag]


def _result(**changes):
  """Content C E G A, of which the result keeps C and G (the G late by ten milliseconds), drops E and A and adds a B."""
  content = testing.sequence([(60, 0, 1), (64, 1, 2), (67, 2, 3), (69, 3, 4)], qpm=60)
  result = testing.sequence([(60, 0, 1), (67, 2.01, 3), (71, 3, 4)], qpm=60)
  style = testing.sequence([(50, i, i + 1) for i in range(8)], qpm=60)
  values = {
      'sequence': result, 'content': content, 'style': style, 'kept': [result.notes[0], result.notes[1]], 'added': [result.notes[2]],
      'removed': [content.notes[1], content.notes[3]],
      'metrics': {'content_change': .75, 'style_genre_after': .5, 'style_genre_before': .25, 'unheard_of': 3.},
      'history': {'style': [2., 1., .5], 'content': [0., float('nan'), .25, .3]}, 'snapshots': {5: content, 10: result},
      'settings': {'content': 'folder/a.mid', 'style': 'b.mid', 'method': 'guided', 'strength': .5}, 'seconds': 1.25, 'bars': [0., 4.]}
  return result_lib.TransferResult(**{**values, **changes})


def _written(result, tmp_path, audio=False):
  path = tmp_path / 'report.html'
  report.write(result, path, audio=audio)
  text = path.read_text(encoding='utf-8')
  data = re.search(r'<script type="application/json" id="rolls">(.*?)</script>', text, re.S).group(1)
  return text, _Page(text), json.loads(data)


def test_says_what_happened(tmp_path):
  _, page, _ = _written(_result(), tmp_path)
  assert 'a.mid in the style of b.mid' in page.text
  assert 'Of the content’s 4 notes, 2 (50 %) are kept and 2 are gone; 1 note is new. It took 1.2 s.' in page.text
  assert 'guided' in page.text and 'strength .5' in page.text and 'symusic 0.5.8' in page.text


def test_needs_nothing_from_outside(tmp_path):
  text, page, _ = _written(_result(), tmp_path, audio=True)
  sources = [attrs.get(name, '') for _, attrs in page.tags for name in ('src', 'href')]
  assert all(source == '' or source.startswith('data:') for source in sources)
  assert not re.search(r'https?://|@import|url\(', re.sub(r'base64,[A-Za-z0-9+/=]+', '', text))


def test_rolls_hold_every_note_by_state(tmp_path):
  _, _, data = _written(_result(), tmp_path)
  assert data['rolls']['result']['notes'] == [
      [0, 1000, 60, 80, 1], [1000, 1000, 64, 80, 3], [2010, 990, 67, 80, 1], [3000, 1000, 69, 80, 3], [3000, 1000, 71, 80, 2]]
  assert data['rolls']['content']['notes'] == [[i * 1000, 1000, pitch, 80, 0] for i, pitch in enumerate((60, 64, 67, 69))]
  assert data['rolls']['result']['bars'] == data['rolls']['content']['bars'] == [0, 4000]
  assert data['rolls']['style']['bars'] == [0, 4000]
  assert [note[4] for note in data['snapshots']['5']['notes']] == [1, 1, 1, 1]


def test_states_are_found_where_none_are_given():
  roll = rolls.of_result(_result(kept=[], added=[], removed=[]))
  assert sorted((note[2], note[4]) for note in roll['notes']) == [(60, 1), (64, 3), (67, 1), (69, 3), (71, 2)]


def test_a_repeated_note_is_compared_in_order():
  content = testing.sequence([(60, 0, 1), (60, 1, 2), (60, 2, 3)], qpm=60)
  later = testing.sequence([(60, 1, 2), (60, 2.02, 3), (60, 2.5, 3)], qpm=60)
  kept, added, removed = rolls.compared(content, later)
  assert ([n.start_time for n in kept], [n.start_time for n in added], [n.start_time for n in removed]) == ([1., 2.02], [2.5], [0.])


def test_drums_have_rows_of_their_own(tmp_path):
  result = _result()
  testing.add(result.sequence, [(36, 0, .1), (38, 1, 1.1)], is_drum=True)
  _, _, data = _written(result, tmp_path)
  assert [note[2:] for note in data['rolls']['result']['drums']] == [[36, 80, 1], [38, 80, 1]]


def test_metrics_with_their_meanings(tmp_path):
  _, page, _ = _written(_result(), tmp_path)
  assert 'content change .75' in page.text and '0 is a copy' in page.text
  assert 'style genre .5 .25 Probability of the genre' in page.text
  assert 'unheard of 3' in page.text
  assert 'the longest run of notes that result and style share, at any pitch, is 1 note long' in page.text


def _read():
  """The result of `_result`, with what was read of it: C and G are the tune; its only whole bar is taken from bars 3 and 4 of b.mid."""
  reading = result_lib.Reading([(0.0, 'C'), (2.0, 'G7/B')], [(0.0, 4.0, 'A')], [0, 2])
  style = result_lib.Reading([(0.0, 'Dm')], [], [])
  return _result(readings={'content': reading, 'style': style, 'result': result_lib.Reading(reading.chords, reading.phrases, [0, 1])},
                 taken=[result_lib.Taken(1, 'folder/b.mid', (3, 4))])


def test_chords_phrases_tune_and_what_was_taken_stand_above_the_notes(tmp_path):
  _, page, data = _written(_read(), tmp_path)
  roll, content = data['rolls']['result'], data['rolls']['content']
  assert [roll['notes'][i][2] for i in roll['tune']] == [content['notes'][i][2] for i in content['tune']] == [60, 67]
  assert roll['chords'] == [[0, 'C'], [2000, 'G7/B']] and roll['phrases'] == [[0, 4000, 'A']] and roll['taken'] == [[1, [3, 4], 'b.mid']]
  assert data['rolls']['style']['chords'] == [[0, 'Dm']] and 'taken' not in content
  assert 'phrase bars chords accompaniment: bars of b.mid A 1 C G7/B 3–4 2 – as it was' in page.text
  assert {'class': 'key tune'} in page.of('span')
  plain = _written(_result(), tmp_path)
  assert 'chords' not in plain[2]['rolls']['result'] and 'accompaniment' not in plain[1].text


def test_what_was_taken_in_words():
  some = [result_lib.Taken(*one) for one in ((1, 'a.mid', (3,)), (2, 'a.mid', (4, 5)), (3, 'a.mid', (1,)), (6, 'b.mid', (2,)))]
  assert lead_sheet.taken(some, 0, 6) == '3–5, 1, as it was, 2'
  assert lead_sheet.taken(some, 2, 6, several=True) == 'a.mid 1, as it was, b.mid 2'
  many = _result(readings={'result': result_lib.Reading([], [(i, i + 1., 'A') for i in range(30)], [])}, bars=[float(i) for i in range(30)])
  assert '<details><summary>30 phrases' in lead_sheet.table(many)


def test_figures_of_the_arrangement_come_first(tmp_path):
  _, page, _ = _written(_result(metrics={'content_change': .5, 'rubs': .25, 'rubs_before': .125, 'tune_kept': 1.}), tmp_path)
  assert page.text.index('rubs .25 .125') < page.text.index('tune kept 1') < page.text.index('content change .5')


def test_players_hold_the_sound(tmp_path):
  _, page, _ = _written(_result(), tmp_path, audio=True)
  players = {attrs['data-roll']: attrs['src'] for attrs in page.of('audio')}
  assert list(players) == ['content', 'style', 'result']
  for role, secs in (('content', 4), ('style', 8), ('result', 4)):
    ogg = base64.b64decode(players[role].removeprefix('data:audio/ogg;base64,'))
    assert secs <= soundfile.info(io.BytesIO(ogg)).duration < secs + 1


def test_without_audio_there_are_no_players(tmp_path):
  _, page, _ = _written(_result(), tmp_path)
  assert not page.of('audio') and 'Listen' not in page.text


def test_names_cannot_break_the_page(tmp_path):
  evil = '</script><script>alert(1)</script>&"\'<b>.mid'
  _, page, data = _written(_result(settings={'content': evil, 'style': evil, 'method $x': evil}), tmp_path)
  assert len(page.of('script')) == 2 and not page.of('b') and data['rolls']
  assert 'alert(1)' in page.text


def test_empty_result_and_one_note(tmp_path):
  nothing = music_proto.NoteSequence()
  _, page, data = _written(_result(sequence=nothing, kept=[], added=[], removed=[], metrics={}, history={}, snapshots={}, bars=[]), tmp_path, True)
  assert [note[4] for note in data['rolls']['result']['notes']] == [3, 3, 3, 3] and 'How it got there' not in page.text
  one = testing.sequence([(60, 0, 1)])
  _, page, data = _written(_result(sequence=one, content=one, style=one, kept=list(one.notes), added=[], removed=[], bars=[]), tmp_path, True)
  assert '1 note, 1 (100 %) are kept' in page.text and data['rolls']['result']['bars'] == [0]


@pytest.mark.slow
def test_two_hours_stay_light(tmp_path):
  long = testing.sequence([(30 + i % 60, i / 3, i / 3 + .5) for i in range(22_000)], qpm=62.5)
  assert long.total_time > 7000
  result = _result(sequence=long, content=long, style=long, kept=list(long.notes), added=[], removed=[], bars=[],
                   snapshots={i: long for i in range(4)})
  text, page, data = _written(result, tmp_path, audio=True)
  assert len(text) < 15e6
  assert 'The first 4 of 117 minutes.' in page.text
  assert len(data['snapshots']) == 2 and '2 earlier snapshots left out' in page.text


def test_unwritable_page(tmp_path):
  (tmp_path / 'file').write_text('')
  with pytest.raises(errors.OutputError):
    report.write(_result(), tmp_path / 'file' / 'report.html', audio=False)


def test_curves_leave_out_what_is_not_finite():
  svg = plots.curves({'style': [2., 1., .5], 'broken': [float('nan')] * 5, 'one': [1.], 'flat': [3., 3.]})
  assert sorted(svg) == ['flat', 'style']
  points = re.search(r'points="([^"]+)"', svg['style']).group(1).split()
  xs, ys = zip(*(map(float, point.split(',')) for point in points), strict=True)
  assert xs[1] - xs[0] == pytest.approx(xs[2] - xs[1], abs=.2)
  assert (ys[1] - ys[0]) == pytest.approx(2 * (ys[2] - ys[1]), abs=.2)  # 2 to 1 is twice as far down as 1 to .5
  assert 'nan' not in ''.join(svg.values())


def test_long_curves_are_thinned():
  svg = plots.curves({'loss': [1 / (i + 1) for i in range(10_000)]})['loss']
  assert len(re.search(r'points="([^"]+)"', svg).group(1).split()) <= 401


@pytest.mark.parametrize('value, text', [
    (0, '0'), (.5, '.5'), (-.25, '-.25'), (1.234, '1.23'), (123456., '1.2e+05'), (12345., '12345'), (1e-5, '1.0e-05'),
    (float('nan'), 'none'), (float('inf'), '∞'), (1., '1'), (20., '20')])
def test_numbers_in_three_digits(value, text):
  assert plots.short(value) == text
