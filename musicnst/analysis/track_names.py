"""What the name of a track says of its part, in the words of several languages."""
import re
import unicodedata

TUNE, BASS, CHORDS, PAD, COUNTER, DRUMS = 'tune', 'bass', 'chords', 'pad', 'counter-melody', 'drums'
ROLES = TUNE, BASS, CHORDS, PAD, COUNTER, DRUMS
# A name that this share of the tracks bears is the piece's title (files with a single track give it to every instrument).
COMMON = 0.5

_SECOND = (r'\bback|\bbg\b|\bbgv|\bbv\b|\bharm|\bcounter|\bgegen|\bobb?ligat|\becho|\bfills?\b|\b2nd\b|\bsecond|\bzweite|\baahs?\b|\boohs?\b|'
           r'\b(alto?|tenore?)\b(?! (sax|flute|clar|horn|reco|tromb))|\bbridge\b|コーラス|ハモ|和声|和音')
# From the surest on.
_TUNE = (
    r'\bmelod(?!ic tom)|\bmélod|\btune\b|\btopline|\bthem[ea]\b|\blead ?sheet|мелоди|旋律|メロディ|멜로디',
    r'\bvocals?\b|\bvocalist|\bvox\b|\bvoice\b|\bvoix\b|\bvoz\b|\bvoce\b|\bgesang|\bstimme\b|\bsing(er|ing|stimme)?\b|\bsang\b|\bzang\b|\bcant[oe]\b|'
    r'\bcantante|\bchant(eur|euse)?\b|\blyrics?\b|\bwords\b|\bkaraoke\b|вокал|голос|ボーカル|ヴォーカル|歌|主唱|人声|보컬',
    r'\blead\b|\bsol[oi]\b|\bsoprano\b|\bsopran\b|\bcantus\b|ソロ|соло')
_OTHERS = (
    (DRUMS, r'\bdrum|\bperc|\bbatt?er|\bschlag|\bkit\b|\bkick|\bsnare|\bhi-?hat|\bcymbal|\bconga|\bbongo|\btrommel|ударн|барабан|ドラム|パーカッ|鼓'),
    (BASS, r'\bbass|\bbaixo|\bbajo\b|basse\b|bass\b|\bbas\b|бас\b|ベース|贝斯|베이스'),
    (COUNTER, _SECOND),
    (PAD, r'\bpads?\b|\bstrings?\b|\bstreicher|\bcordes\b|\barchi\b|\bcuerdas|\bcordas|\bchoir|\bchor\b|\bchorus|\bensemble|струн|ストリングス|弦'),
    (CHORDS, r'\bchords?\b|\bakkord|\baccords?\b|\bacordes?\b|\baccord|\bcomp\b|\brhythm|\brhy?t\w* g|\bpiano|\bklavier|\bguitar|\bgitarre|\bguitare|'
             r'\bchitarra|\bguitarra|\bviolao|\borgan|\borgel|\bkeys?\b|\bkeyboard|\bharp|\barp|\baccomp|\bbegleit|\baccompagn|'
             r'фортепиано|гитар|аккорд|ピアノ|ギター|钢琴|吉他|伴奏'))


def _plain(name):
  """Lower case, digits and signs apart from words."""
  name = unicodedata.normalize('NFKC', name).lower()
  return re.sub(r'[_\W]+', ' ', re.sub(r'(?<=[a-z])(?=\d)', ' ', re.sub(r'(?<=\D)(\d+)$', r' \1', name))).strip()


def rank_of_tune(name):
  """How surely a name is the tune's: 0 (melody), 1 (voice), 2 (lead, solo), or None."""
  plain = _plain(name)
  if re.search(_SECOND, plain):
    return None
  others = any(re.search(words, plain) for role, words in _OTHERS if role in (BASS, DRUMS))
  return next((rank for rank, words in enumerate(_TUNE) if re.search(words, plain) and not (others and rank)), None)


def role(name):
  """One of `ROLES`, or None where the name says none."""
  if rank_of_tune(name) is not None:
    return TUNE
  plain = _plain(name)
  return next((role for role, words in _OTHERS if re.search(words, plain)), None)


def telling(track_names, instruments):
  """The names of a piece's instruments without those that are its title.

  Args:
    track_names: dict instrument -> name.
    instruments: iterable of the piece's instruments.

  Returns:
    dict instrument -> name.
  """
  instruments = list(instruments)
  bearers = {}
  for one in instruments:
    bearers.setdefault(track_names.get(one, ''), []).append(one)
  return {one: name for name, some in bearers.items() if name and (len(some) == 1 or len(some) <= COMMON * len(instruments)) for one in some}
