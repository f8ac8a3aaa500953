"""Overrides of hyperparameters: what may be written, and what is refused by name."""
import pickle

import pytest

from musicnst import errors
from musicnst import hparams

DEFAULTS = hparams.HParams(rate=.1, size=4, sizes=(1, 2), name='x', on=True)


@pytest.mark.parametrize('text, name, value', [
    ('rate=1', 'rate', 1.0), ('rate=1e-3', 'rate', .001), ('size=8', 'size', 8), ('sizes=[3,4]', 'sizes', (3, 4)), ('sizes=5', 'sizes', (5,)),
    ('sizes=[pop,folk]', 'sizes', ('pop', 'folk')), ("sizes=['pop', 'folk']", 'sizes', ('pop', 'folk')), ('sizes=[]', 'sizes', ()),
    ('name=word', 'name', 'word'), ('on=false', 'on', False), ('size=8,sizes=[3,4],name=y', 'sizes', (3, 4))])
def test_overrides(text, name, value):
  changed = DEFAULTS.override(text)
  assert changed[name] == value and type(changed[name]) is type(DEFAULTS[name])
  assert DEFAULTS.rate == .1 and len(changed) == len(DEFAULTS)


@pytest.mark.parametrize('text, message', [
    ('rat=1', "unknown hyperparameter 'rat'; known: name, on"), ('size=1.5', 'not a int'), ('on=1', 'not a bool'), ('size=true', 'not a int'),
    ('size', 'name=value'), ('=3', 'name=value'), ('name=3', 'not a str')])
def test_refused(text, message):
  with pytest.raises(errors.HparamError, match=message):
    DEFAULTS.override(text)


def test_frozen_and_portable():
  with pytest.raises(AttributeError, match='frozen'):
    DEFAULTS.rate = 2
  assert pickle.loads(pickle.dumps(DEFAULTS)) == DEFAULTS and hparams.HParams(**DEFAULTS.to_dict()) == DEFAULTS
