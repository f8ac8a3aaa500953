"""The content's key as it goes: which pitch classes belong, step by step."""
import numpy as np

from musicnst.analysis import key as key_lib
from musicnst.metrics import tonal

# The key is heard over 16 bars, looked at anew every 2; the whole piece's own key has a say too.
SPAN_STEPS, HOP_STEPS, WHOLE_SHARE = 256, 32, .5


def scales(frames):
  """bool `[T, 88]` sounding cells -> bool `[T, 12]`: pitch classes of the local key, and those that sound nearby themselves."""
  total = len(frames)
  chroma = np.zeros((total, 12))
  for key in range(frames.shape[1]):
    chroma[:, (key + 21) % 12] += frames[:, key]
  running = np.concatenate([np.zeros((1, 12)), np.cumsum(chroma, 0)])
  between = lambda low, high: running[min(high, total)] - running[max(low, 0)]
  whole = key_lib.key_scores(running[-1])
  result = np.zeros((total, 12), bool)
  for start in range(0, total, HOP_STEPS):
    middle = start + HOP_STEPS // 2
    local = key_lib.key_scores(between(middle - SPAN_STEPS // 2, middle + SPAN_STEPS // 2))
    mask = tonal.scale_mask(int(np.argmax(local + WHOLE_SHARE * whole)))
    sounding = between(start, start + HOP_STEPS) > 0
    result[start:start + HOP_STEPS] = mask | sounding
  return result
