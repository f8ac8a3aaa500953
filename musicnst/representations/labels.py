"""The labels that a window takes over from its sequence."""


def of(sequence, **extra):
  """dict of str: `id`, `genre`, `composer` and `corpus` of a sequence where it has them, and whatever is given besides.

  Several genres are one text, `rock|pop`.
  """
  metadata = sequence.sequence_metadata
  found = {
      'id': sequence.id,
      'genre': '|'.join(metadata.genre),
      'composer': metadata.composers[0] if metadata.composers else metadata.artist,
      'corpus': sequence.collection_name,
  }
  return {**{name: value for name, value in found.items() if value}, **{name: str(value) for name, value in extra.items()}}
