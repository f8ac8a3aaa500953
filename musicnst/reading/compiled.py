"""numba's compiler with its cache where a cache can be kept."""
import numba


def compiled(function):
  """`numba.njit`, cached on disk: beside the source, else in the user's cache folder, else (neither is writable) not at all.

  The first process after an install compiles (seconds); later ones load the machine code (milliseconds).
  """
  try:
    return numba.njit(cache=True)(function)
  except RuntimeError:  # 'no locator available': a read-only package and a read-only home
    return numba.njit(function)
