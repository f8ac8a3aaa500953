"""How long each transfer method takes on a piece of 90 windows, in one process, second run (everything loaded and compiled).

  python benchmarks/transfer_methods.py [--model=BUNDLE] [--methods=copy,paper-vgg-roll]

Prints wall and processor seconds, and the content change. Methods whose bundle is missing, or that take no --model, say so. About 5 minutes on
2 cores, most of it VGG-19's.
"""
import argparse
import time

from musicnst import errors
from musicnst import quiet


def main(model, methods):
  """Prints a line a method."""
  quiet.hush()
  from musicnst.representations import testing
  from musicnst.style_transfer import registry as configs
  from musicnst.style_transfer import transfer
  content, style = testing.chords(180, 0), testing.chords(60, 1)
  print(f'{"method":26} {"wall s":>7} {"cpu s":>7} {"change":>7}')
  for name in methods or configs.TRANSFER_MAP:
    try:
      for _ in range(2):
        wall, cpu = time.perf_counter(), time.process_time()
        result = transfer.transfer(content, style, method=name, model=model, beats='tempo')
        wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
      print(f'{name:26} {wall:7.1f} {cpu:7.1f} {result.metrics["content_change"]:7.2f}', flush=True)
    except (errors.ModelNotFoundError, errors.ArgumentError) as error:
      print(f'{name:26} {str(error)[:100]}', flush=True)


if __name__ == '__main__':
  parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
  parser.add_argument('--model', help='bundle of the latent model; the shipped one by default')
  parser.add_argument('--methods', default='', help='names with commas between; all by default')
  arguments = parser.parse_args()
  main(arguments.model, [name for name in arguments.methods.split(',') if name])
