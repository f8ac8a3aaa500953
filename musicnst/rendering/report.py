"""TransferResult -> one HTML file that shows, sounds and measures what changed; it needs nothing but a browser."""
import base64
import concurrent.futures
import html
import importlib.metadata
import importlib.resources
import json
import os
import string

import musicnst
from musicnst import files
from musicnst.rendering import audio as audio_lib
from musicnst.rendering import lead_sheet
from musicnst.rendering import metric_table
from musicnst.rendering import plots
from musicnst.rendering import rolls

# Three players of this length and rate take some 6 MB of the page.
_MOST_AUDIO_SECS = 240
_AUDIO_RATE = 22050
_PLAYED = (('content', 'Content'), ('style', 'Style'), ('result', 'Result'))
_VERSIONED = ('tensorflow', 'keras', 'numpy', 'note-seq', 'symusic')


def write(result, path, audio=True):
  """Writes the report.

  Args:
    result: a TransferResult.
    path: the HTML file.
    audio: whether the page gets players, with the sound inside it (at most the first four minutes of each piece).

  Raises:
    OutputError: the file cannot be written.
  """
  page = _page(result, audio)
  with files.atomic_path(path) as temporary, open(temporary, 'w', encoding='utf-8') as out:
    out.write(page)


def _page(result, audio):
  snapshots = rolls.of_snapshots(result)
  readings = result.readings
  # At another tempo the content's bars lie elsewhere than the result's.
  bars = list(result.bars) if result.settings.get('tempo', 'content') == 'content' else []
  data = {'rolls': {'result': rolls.of_result(result), 'content': rolls.of_sequence(result.content, bars or None, readings.get('content')),
                    'style': rolls.of_sequence(result.style, None, readings.get('style'))},
          'snapshots': {str(iteration): roll for iteration, roll in snapshots}}
  heading = f'{_name(result, "content")} in the style of {_name(result, "style")}'
  body = [_section('Listen', _players(result)) if audio else '', _rolls_section(result, data),
          _section('Chords, form, and what was taken from where', lead_sheet.table(result)), _section('What changed', metric_table.rows(result)),
          _curves_section(result), _section('Settings', _settings(result))]
  return string.Template(_asset('page.html')).substitute(
      title=html.escape(f'{heading} - musicnst'), heading=html.escape(heading), summary=_summary(data['rolls']['result'], result),
      body='\n'.join(body), style=_asset('style.css'), script=_asset('roll.js'), data=_json(data),
      footer=f'Made by musicnst {html.escape(musicnst.__version__)}. This file is complete in itself.')


def _asset(name):
  return importlib.resources.files('musicnst.rendering').joinpath('page', name).read_text(encoding='utf-8')


def _json(data):
  """JSON that cannot end the script element it stands in."""
  return json.dumps(data, separators=(',', ':')).replace('<', '\\u003c')


def _name(result, role):
  """What a piece is called: its file's name in the settings, else what its sequence says."""
  sequence = getattr(result, role)
  name = str(result.settings.get(role) or sequence.sequence_metadata.title or sequence.filename or sequence.id or f'the {role}')
  return os.path.basename(name.rstrip('/')) or name


def _section(title, content):
  return f'<section><h2>{title}</h2>\n{content}\n</section>' if content else ''


def _summary(roll, result):
  counts = [sum(note[4] == state for part in ('notes', 'drums') for note in roll[part]) for state in (rolls.KEPT, rolls.ADDED, rolls.REMOVED)]
  total = counts[0] + counts[2]
  share = f' ({100 * counts[0] / total:.0f} %)' if total else ''
  return (f'Of the content’s {_count(total, "note")}, {counts[0]:,}{share} are kept and {counts[2]:,} are gone; '
          f'{_count(counts[1], "note")} {"is" if counts[1] == 1 else "are"} new. It took {result.seconds:.1f} s.')


def _count(number, noun):
  return f'{number:,} {noun}{"" if number == 1 else "s"}'


def _players(result):
  sequences = {'content': result.content, 'style': result.style, 'result': result.sequence}
  with concurrent.futures.ThreadPoolExecutor(len(_PLAYED)) as pool:
    sounds = dict(zip(sequences, pool.map(_ogg, sequences.values()), strict=True))
  players = []
  for role, title in _PLAYED:
    cut = sequences[role].total_time > _MOST_AUDIO_SECS
    note = f'<p class="note">The first {_MOST_AUDIO_SECS // 60} of {sequences[role].total_time / 60:.0f} minutes.</p>' if cut else ''
    name = '' if role == 'result' else f' <span class="name">{html.escape(_name(result, role))}</span>'
    encoded = base64.b64encode(sounds[role]).decode('ascii')
    players.append(f'<div><h3>{title}{name}</h3><audio controls preload="metadata" data-roll="{role}" aria-label="{title}" '
                   f'src="data:audio/ogg;base64,{encoded}"></audio>{note}</div>')
  return f'<div class="players">{"".join(players)}</div>'


def _ogg(sequence):
  return audio_lib.ogg_bytes(audio_lib.synthesize(sequence, _AUDIO_RATE, end_secs=_MOST_AUDIO_SECS), _AUDIO_RATE)


def _rolls_section(result, data):
  boxes = []
  for role, title in (('result', 'Result'), ('content', 'Content'), ('style', 'Style')):
    name = '' if role == 'result' else f' <span class="name">{html.escape(_name(result, role))}</span>'
    boxes.append(
        f'<div class="roll" data-roll="{role}"><div class="head"><h3>{title}{name}</h3><span class="said" aria-live="polite"></span></div>'
        f'<div class="scroll" tabindex="0" role="img" aria-label="Piano roll: {title}"><div class="width"><canvas></canvas></div></div></div>')
  note = ('Time runs to the right, pitch upwards; bars are numbered, stronger colours are louder. Click a roll to move its player there; '
          'content and result scroll together.')
  if result.readings:
    note += (' Above the notes stand the chords that were read, the phrases (one letter for those that are equal or varied), and for each bar of '
             'the result the bars of the style piece that its accompaniment comes from.')
  missing = len(result.snapshots) - len(data['snapshots'])
  if missing:
    note += f' {_count(missing, "earlier snapshot")} left out to keep this page light.'
  script = '<noscript><p>The rolls are drawn by a script.</p></noscript>'
  return _section('Piano rolls', f'{_tools(data)}{"".join(boxes)}{script}<p class="note">{note}</p>')


def _tools(data):
  states = ''.join(f'<label><input type="checkbox" data-state="{state}" checked> <span class="key {state}"></span>{state}</label>'
                   for state in rolls.STATES[1:])
  if 'tune' in data['rolls']['result']:
    states += '<span><span class="key tune"></span>tune</span>'
  buttons = ('<span><button id="wider" type="button" aria-label="Zoom out">−</button> '
             '<button id="closer" type="button" aria-label="Zoom in">+</button> '
             '<button id="whole" type="button">whole piece</button></span>')
  options = ''.join(f'<option value="{iteration}">after {iteration} iterations</option>' for iteration in data['snapshots'])
  choice = f'<label>result <select id="snapshot"><option value="result">at the end</option>{options}</select></label>' if options else ''
  return f'<div class="tools">{buttons}{states}{choice}</div>'


def _curves_section(result):
  figures = [f'<figure><figcaption>{html.escape(term)}</figcaption>{svg}</figure>' for term, svg in plots.curves(result.history).items()]
  if not figures:
    return ''
  note = '<p class="note">Each term of the objective over the iterations, summed with its weight; lower is nearer to what was asked.</p>'
  return _section('How it got there', f'<div class="curves">{"".join(figures)}</div>{note}')


def _settings(result):
  versions = {name: _version(name) for name in _VERSIONED}
  entries = {**result.settings, 'time taken': f'{result.seconds:.2f} s', 'musicnst': musicnst.__version__, **{k: v for k, v in versions.items() if v}}
  lines = ''.join(f'<tr><th scope="row">{html.escape(str(name))}</th><td>{html.escape(_told(value))}</td></tr>' for name, value in entries.items())
  return f'<table>{lines}</table>'


def _told(value):
  if isinstance(value, float):
    return plots.short(value)
  if isinstance(value, (list, tuple)):
    return ', '.join(_told(item) for item in value)
  if isinstance(value, dict):
    return ', '.join(f'{name} {_told(item)}' for name, item in value.items())
  return str(value)


def _version(distribution):
  try:
    return importlib.metadata.version(distribution)
  except importlib.metadata.PackageNotFoundError:
    return ''
