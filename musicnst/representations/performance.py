"""One track of one bar as a list of events: notes on and off, shifts of time, changes of loudness (Oore et al. 2018).

Tokens, as in note_seq's `PerformanceOneHotEncoding` with 8 bins of velocity and shifts up to a bar of 96 steps:

| tokens | event |
|---|---|
| 0-127 | a note of this pitch begins |
| 128-255 | a note of pitch token - 128 ends |
| 256-351 | time goes on by token - 255 steps |
| 352-359 | notes from here on have velocity bin token - 351: bin b is 16 b - 15 to 16 b |
"""
import collections

import numpy as np

NOTE_OFF, TIME_SHIFT, VELOCITY, DEPTH = 128, 256, 352, 360
MAX_SHIFT, BIN_SIZE, DEFAULT_VELOCITY = 96, 16, 100

# Steps and pitch, and MIDI velocity.
Note = collections.namedtuple('Note', 'start end pitch velocity')


def encode(notes):
  """`Note`s in their order -> tokens; at one step the events of earlier notes come first."""
  events = sorted([(note.start, i, False) for i, note in enumerate(notes)] + [(note.end, i, True) for i, note in enumerate(notes)])
  tokens, now, loudness = [], 0, 0
  for step, i, ends in events:
    tokens += shifts(step - now)
    now = step
    velocity = (notes[i].velocity - 1) // BIN_SIZE
    if not ends and velocity + 1 != loudness:
      loudness = velocity + 1
      tokens.append(VELOCITY + velocity)
    tokens.append(notes[i].pitch + NOTE_OFF * ends)
  return tokens


def decode(tokens):
  """Tokens -> `Note`s in the order in which they end, those that never end last; what lasts no time is left out.

  Of several notes of one pitch the first ends first.
  """
  notes, sounding, now, velocity = [], collections.defaultdict(list), 0, DEFAULT_VELOCITY
  for token in tokens:
    if token < NOTE_OFF:
      sounding[token].append((now, velocity))
    elif token < TIME_SHIFT:
      pitch = token - NOTE_OFF
      if sounding[pitch]:
        start, loudness = sounding[pitch].pop(0)
        notes.append(Note(start, now, pitch, loudness))
    elif token < VELOCITY:
      now += token - TIME_SHIFT + 1
    else:
      velocity = (token - VELOCITY) * BIN_SIZE + 1
  left = [Note(start, now, pitch, loudness) for pitch, held in sounding.items() for start, loudness in held]
  return [note for note in notes + left if note.end > note.start]


def shifts(steps):
  """Tokens that let time go on by `steps`."""
  whole, rest = divmod(steps, MAX_SHIFT)
  return [TIME_SHIFT + MAX_SHIFT - 1] * whole + ([TIME_SHIFT + rest - 1] if rest else [])


def starts(tokens):
  """The step of each token, list of int."""
  moves = [token - TIME_SHIFT + 1 if TIME_SHIFT <= token < VELOCITY else 0 for token in tokens]
  return [0, *np.cumsum(moves).tolist()][:len(tokens)]


def duration(tokens):
  """Steps of all shifts together."""
  return sum(token - TIME_SHIFT + 1 for token in tokens if TIME_SHIFT <= token < VELOCITY)


def fitted(tokens, steps):
  """The tokens cut from the end, or with time added to their last shift, so that they last `steps`."""
  tokens = list(tokens)
  surplus = duration(tokens) - steps
  while tokens and surplus > 0:
    last = tokens.pop()
    length = last - TIME_SHIFT + 1 if TIME_SHIFT <= last < VELOCITY else 0
    if length > surplus:
      tokens.append(last - surplus)
    surplus -= length
  missing = steps - duration(tokens)
  if missing > 0 and tokens and TIME_SHIFT <= tokens[-1] < VELOCITY:
    added = min(missing, VELOCITY - 1 - tokens[-1])
    tokens[-1] += added
    missing -= added
  return tokens + shifts(missing)


def bar(notes, steps):
  """Tokens of exactly `steps` of the notes of one track: none is held over the end, none begins there.

  Args:
    notes: `Note`s in order of their time, then their pitch; the last may begin or end after `steps`.
    steps: of the bar.
  """
  tokens = fitted(encode(notes), steps)
  # At the bar's end, what ends belongs to it, and nothing after that which does not.
  at = starts(tokens)
  late = next((i for i, (step, token) in enumerate(zip(at, tokens)) if step == steps and not NOTE_OFF <= token < TIME_SHIFT), len(tokens))
  clipped = sorted(decode(tokens[:late]), key=lambda note: (note.start, note.pitch))
  return fitted(encode(clipped), steps), bool(clipped)
