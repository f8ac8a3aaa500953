"""CORPUS_MAP: every corpus by name, and the collections of corpora that are used together."""
from data_prep.corpora import asap
from data_prep.corpora import corpus
from data_prep.corpora import easymusicnotes
from data_prep.corpora import folder
from data_prep.corpora import karaoke
from data_prep.corpora import lakh
from data_prep.corpora import maestro
from data_prep.corpora import nottingham
from data_prep.corpora import pop909
from data_prep.corpora import tpd
from musicnst import registry

CORPUS_MAP = {
    entry.name: entry for entry in (pop909.CORPUS, pop909.MELODY, nottingham.CORPUS, nottingham.MELODY, asap.CORPUS, tpd.JAZZ, tpd.CORPUS,
                                    maestro.CORPUS, karaoke.CORPUS, easymusicnotes.CORPUS, lakh.CORPUS, folder.CORPUS)
}
# all-genres: four genres on equally quantized material (pop, folk, classical, jazz).
COLLECTIONS = {'all-genres': ('pop909', 'nottingham', 'asap', 'tpd-jazz'), 'melodies': ('pop909-melody', 'nottingham-melody')}


def get(names: str) -> list[corpus.Corpus]:
  """The corpora of a comma-separated list of names and collections, in order, each once.

  Raises:
    UnknownNameError: a name that is neither.
  """
  known = {**{name: (name,) for name in CORPUS_MAP}, **COLLECTIONS}
  wanted = [member for name in str(names).split(',') for member in registry.lookup(known, name.strip(), 'corpus')]
  return [CORPUS_MAP[name] for name in dict.fromkeys(wanted)]
