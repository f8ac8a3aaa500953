"""Seconds to restyle three minutes: 90 windows (240 quarters a minute), cold and running, 45 windows (120), and ten times the music.

  python benchmarks/transfer_speed.py [--method=guided]

Content: shipped pieces one after the other until 90 windows (720 quarters) are full; style: a shipped rag. Cold is the whole command
`musicnst transfer`, imports and compiling included, without and with report and sound. The last figure is a ratio: ten times the windows over once.
"""
import argparse
import os
import pathlib
import subprocess
import sys
import tempfile
import time

QUARTERS, TIMES = 720, 10


def long_piece(folder, quarters):
  """Notes of the shipped pieces in turn until `quarters` beats are full, at 240 quarters a minute (90 windows in 3 minutes)."""
  from musicnst import music_proto
  from musicnst.reading import beat_map as beat_map_lib
  from musicnst.reading import files
  from musicnst.reading import musical_time
  result = music_proto.NoteSequence(ticks_per_quarter=480)
  result.tempos.add(qpm=240)
  at, sources = 0.0, sorted(folder.glob('*.mid'))
  while at < quarters:
    for path in sources:
      sequence = files.read(path)[0]
      piece = musical_time.in_beats(sequence, beat_map_lib.BeatMap.from_tempos(sequence))
      for note in piece.notes:
        if at + note.end_time <= quarters:
          copy = result.notes.add()
          copy.CopyFrom(note)
          copy.start_time, copy.end_time, copy.instrument = (at + note.start_time) / 4, (at + note.end_time) / 4, 0
      at += 4 * -(-piece.total_time // 4)
  result.total_time = quarters / 4
  return result


def main(method):
  import musicnst
  from musicnst.rendering import midi
  pieces = pathlib.Path(musicnst.__file__).parent / 'pieces'
  style = pieces / 'maple_leaf_rag.mid'
  with tempfile.TemporaryDirectory() as folder:
    content = os.path.join(folder, 'content.mid')
    midi.write(long_piece(pieces, QUARTERS), content)
    for said, more in (('', []), (' with report and sound', [f'--report_dir={folder}'])):
      started = time.monotonic()
      subprocess.run([sys.executable, '-m', 'musicnst', 'transfer', f'--method={method}', f'--content={content}', f'--style={style}',
                      f'--output={folder}/result.mid', *more], check=True, stdout=subprocess.DEVNULL)
      print(f'{method}, cold process, 90 windows{said}: {time.monotonic() - started:.1f} s', flush=True)
  from musicnst import quiet
  quiet.hush()
  from musicnst.style_transfer import transfer
  once, often = long_piece(pieces, QUARTERS), long_piece(pieces, QUARTERS * TIMES)
  clock = lambda content: transfer.transfer(content, str(style), method=method).seconds
  clock(once)
  warm = sorted(clock(once) for _ in range(3))
  print(f'running process, 90 windows: {warm[1]:.1f} s (median of 3; {warm[0]:.1f} to {warm[2]:.1f})', flush=True)
  half = long_piece(pieces, QUARTERS // 2)
  clock(half)
  usual = sorted(clock(half) for _ in range(3))
  print(f'running process, 45 windows (three minutes at 120): {usual[1]:.1f} s (median of 3; {usual[0]:.1f} to {usual[2]:.1f})', flush=True)
  print(f'{TIMES} x the windows: {clock(often) / warm[1]:.2f} x the time')


if __name__ == '__main__':
  parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
  parser.add_argument('--method', default='arrange')
  main(parser.parse_args().method)
