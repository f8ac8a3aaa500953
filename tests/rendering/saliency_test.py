"""The picture: as many rectangles as runs, at the right places, well-formed."""
import xml.etree.ElementTree as tree

import numpy as np
import pytest

from musicnst.rendering import saliency

SVG = '{http://www.w3.org/2000/svg}'


def test_runs_are_rectangles():
  roll, values = np.zeros((16, 84)), np.zeros((16, 84))
  roll[2:6, 40] = roll[6:8, 41] = 1
  values[2:4, 40], values[4:6, 40] = 1, .5
  root = tree.fromstring(saliency.picture([('one & only', roll, values)] * 2))
  notes = [r for r in root.iter(f'{SVG}rect') if r.get('class') == 'n']
  marks = [r for r in root.iter(f'{SVG}rect') if r.get('class') == 's']
  assert len(notes) == len(marks) == 4
  assert [r.get('fill-opacity') for r in marks[:2]] == ['1', '0.5']
  first, second = notes[:2]
  assert float(first.get('width')) == 2 * float(second.get('width'))
  assert float(second.get('y')) < float(first.get('y'))  # a higher pitch stands higher
  assert [t.text for t in root.iter(f'{SVG}text')] == ['one & only'] * 2


def test_silence_draws_and_nothing_does_not():
  root = tree.fromstring(saliency.picture([('silent', np.zeros((8, 84)), np.zeros((8, 84)))]))
  assert [t.text for t in root.iter(f'{SVG}text')] == ['silent']
  assert not [r for r in root.iter(f'{SVG}rect') if r.get('class') in ('n', 's')]
  with pytest.raises(ValueError):
    saliency.picture([])
