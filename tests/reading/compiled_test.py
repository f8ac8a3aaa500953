"""Compiled kernels where no cache can be kept: a read-only package and no home."""
import os
import shutil
import subprocess
import sys

from musicnst.reading import compiled

_SCRIPT = '''
import sys
sys.path.insert(0, {folder!r})
import numba
import compiled

def successor(x):
  return x + 1

try:
  numba.njit(cache=True)(successor)
  print('a cache was found')
except RuntimeError:
  print('no cache')
print(compiled.compiled(successor)(2))
'''


def test_without_a_place_for_the_cache(tmp_path):
  # Files stand where folders would have to be made, which stops root too.
  shutil.copy(compiled.__file__, tmp_path / 'compiled.py')
  for name in ('__pycache__', 'home'):
    (tmp_path / name).write_text('')
  script = tmp_path / 'script.py'
  script.write_text(_SCRIPT.format(folder=str(tmp_path)))
  environment = {**os.environ, 'HOME': f'{tmp_path}/home', 'XDG_CACHE_HOME': f'{tmp_path}/home/cache', 'NUMBA_CACHE_DIR': ''}
  done = subprocess.run([sys.executable, '-B', str(script)], capture_output=True, text=True, env=environment, timeout=120)
  assert done.stdout.split('\n')[:2] == ['no cache', '3'], done.stderr
