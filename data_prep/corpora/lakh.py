"""Lakh MIDI, matched to the Million Song Dataset (Raffel, 2016), with genre tags from a tags file of that dataset.

The tags file lies in the corpus's folder: `tags.tsv`, `tags.txt`, `tags.csv`, or any `*.cls` (as tagtraum and MAGD are published). Each line is a
track's id and its tags, with tabs, commas or <SEP> between; `#` begins a comment. Several tags of a song become one label, `rock|pop`.
"""
import glob
import os
import re

from data_prep.corpora import corpus
from musicnst import errors

NAME = 'lakh'
TAG_FILES = ('tags.tsv', 'tags.txt', 'tags.csv', '*.cls')
_TRACK = re.compile(r'TR[A-Z]{5}[0-9A-F]{11}')
_BETWEEN = re.compile(r'\t|,|<SEP>')


def find(root: str) -> list[corpus.Piece]:
  """Every .mid and .npz below `root`; a file's song is the track id in its path (else its name), by which its tags are found.

  Raises:
    DataError: a tags file that cannot be read, or that names none of the songs.
  """
  tags, path = tags_of(root)
  pieces = []
  for relative in corpus.walk(root, ('.mid', '.midi', '.npz')):
    match = _TRACK.search(relative)
    song = match.group() if match else os.path.splitext(os.path.basename(relative))[0]
    pieces.append(corpus.make_piece(NAME, root, relative, genre='|'.join(tags.get(song, ())), work=song))
  if pieces and tags and not any(piece.genre for piece in pieces):
    raise errors.DataError(f'{path}: names none of the {len(pieces)} songs here (such as {pieces[0].work})')
  return pieces


def tags_of(root: str) -> tuple[dict[str, tuple[str, ...]], str]:
  """({track id: tuple of tags}, path of the file) of the tags file in a folder; ({}, '') without one."""
  found = [path for pattern in TAG_FILES for path in sorted(glob.glob(os.path.join(glob.escape(root), pattern)))]
  return (read_tags(found[0]), found[0]) if found else ({}, '')


def read_tags(path: str | os.PathLike) -> dict[str, tuple[str, ...]]:
  """{track id: tuple of its tags, each once}; lines of one track add up.

  Raises:
    DataError: not text, or no line has an id and a tag.
  """
  tags: dict[str, tuple[str, ...]] = {}
  try:
    with open(path, encoding='utf-8') as file:
      for line in file:
        song, *rest = (part.strip().replace('|', '/') for part in _BETWEEN.split(line.split('#')[0].strip()))
        named = [tag for tag in rest if tag]
        if song and named:
          tags[song] = tuple(dict.fromkeys((*tags.get(song, ()), *named)))
  except (OSError, UnicodeDecodeError) as error:
    raise errors.DataError(f'{path}: cannot be read as a table of tags ({error})') from error
  if not tags:
    raise errors.DataError(f'{path}: no line has a track id and a tag, such as TRAAAAK128F9318786<tab>Rock')
  return tags


CORPUS = corpus.Corpus(
    name=NAME,
    description='songs of all kinds, with genre tags from a tags file of the Million Song Dataset',
    license='CC BY 4.0',
    citation='C. Raffel. Learning-Based Methods for Comparing Sequences, with Applications to Audio-to-MIDI Alignment and Matching. 2016.',
    url='https://colinraffel.com/projects/lmd',
    find=find,
    time='tempo',
)
