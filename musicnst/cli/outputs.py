"""Where the verb `transfer` writes: MIDI or a score by the extension, one result or all candidates, the report, a table of figures."""
import concurrent.futures
import csv
import os

from musicnst import errors
from musicnst import files

MIDI, SCORES = ('.mid', '.midi', '.kar'), ('.musicxml', '.xml', '.mxl')
TABLE = 'results.csv'


def check(output, is_folder, candidates):
  """Refuses an output that cannot be written, before any work.

  Args:
    output: file or folder.
    is_folder: whether the content is a folder.
    candidates: how many results are made of each content.

  Returns:
    bool: whether the output is a folder that all candidates go to.

  Raises:
    OutputError: a folder where a file is needed, or the reverse.
    ArgumentError: an extension of no known format; a score without music21.
  """
  extension = os.path.splitext(output)[1].lower()
  if is_folder:
    if os.path.exists(output) and not os.path.isdir(output):
      raise errors.OutputError(f'{output}: is a file, and --content is a folder; name a folder.')
    return False
  if candidates > 1 and (os.path.isdir(output) or not extension):
    if os.path.exists(output.rstrip(os.sep)) and not os.path.isdir(output):
      raise errors.OutputError(f'{output}: is a file; name a folder for all {candidates} candidates, or a .mid file for the best.')
    return True
  if os.path.isdir(output):
    raise errors.OutputError(f'{output}: is a folder; name the file to write, or ask for several results with --candidates.')
  if extension in SCORES:
    from musicnst.rendering import musicxml
    musicxml.check()
  elif extension not in MIDI:
    raise errors.ArgumentError(f'{output}: is written as MIDI ({" ".join(MIDI)}) or as a score ({" ".join(SCORES)}); '
                               f'{"its name has no extension" if not extension else f"{extension} is neither"}')
  return False


def write(result, target, report_stem, audio):
  """Writes a `TransferResult` to a file, and its report beside where `report_stem` is not ''; prints the paths."""
  if os.path.splitext(target)[1].lower() in SCORES:
    from musicnst.rendering import musicxml
    musicxml.write(result.sequence, target, result.beat_map, result.readings.get('result'))
  else:
    from musicnst.rendering import midi
    midi.write(result.sequence, target)
  print(told(result))
  print(target)
  if not report_stem:
    return
  from musicnst.rendering import audio as audio_lib
  from musicnst.rendering import report
  with concurrent.futures.ThreadPoolExecutor(1) as pool:  # the synthesizer lets others work beside it
    sound = pool.submit(audio_lib.write_wav, result.sequence, report_stem + '.wav') if audio else None
    report.write(result, report_stem + '.html', audio=audio)
  if sound is not None:
    sound.result()
    print(report_stem + '.wav')
  print(report_stem + '.html')


def write_all(result, stem, folder, report_dir, audio):
  """Every candidate of a result into a folder: STEM-1.mid, STEM-2.mid, ..., each with its figures, and these in a table."""
  targets = []
  for number, one in enumerate(result.candidates or [result], 1):
    name = f'{stem}-{number}'
    targets.append(os.path.join(folder, name + '.mid'))
    write(one, targets[-1], os.path.join(report_dir, name) if report_dir else '', audio)
  settings = lambda one: {name: one.settings.get(name, '') for name in ('content', 'style', 'method', 'strength', 'seed')}
  rows = [{'output': os.path.basename(target), **settings(one), **one.metrics} for target, one in zip(targets, result.candidates or [result])]
  table(rows, os.path.join(folder, TABLE))


def table(rows, path):
  """Writes dicts as CSV with a column for every name, in the order in which names come first; prints the path."""
  columns = list(dict.fromkeys(name for row in rows for name in row))
  with files.atomic_path(path) as temporary, open(temporary, 'w', newline='', encoding='utf-8') as file:
    writer = csv.DictWriter(file, columns)
    writer.writeheader()
    writer.writerows(rows)
  print(path)


def told(result):
  """What was assumed, where a method says so, and the figures that matter most."""
  m, settings = result.metrics, result.settings
  assumed = {name: settings.get(field) for name, field in (
      ('tune', 'tune'), ('beats', 'beats_from'), ('meter', 'meter'), ("style's meter", 'style_meter'), ('mended', 'mended'),
      ("style's files mended", 'style_mended'), ("style's files skipped", 'style_skipped'), ('assumed', 'assumed'))}
  said = '; '.join(f'{name}: {value}' for name, value in assumed.items() if value)
  if 'tune_kept' in m:
    return (f'taken as read: {said}\n'
            f'tune kept {m["tune_kept"]:.2f}, chords kept {m["chords_kept"]:.2f}, way to the style {m["style_time_pitch"]:.2f} in intervals, '
            f'{m["style_onset_duration"]:.2f} in rhythm, wrong notes {m["wrong_notes"]:.2f}, {result.seconds:.1f} s')
  taken = '' if said == 'beats: tempo' else f'taken as read: {said}\n'
  return (f"{taken}changed {m['content_change']:.2f} of what sounds (+{m['content_added']:.2f} -{m['content_removed']:.2f}), chroma kept "
          f"{m['chroma_similarity']:.2f}, style gain {m['style_time_pitch']:+.2f}, {result.seconds:.1f} s")
