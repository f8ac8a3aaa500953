"""The ablation: constants come back after a variant, and every variant names options that there are."""
import dataclasses

import pytest

from experiments.benchmark import transfer_ablation
from experiments.benchmark import methods
from musicnst import errors
from musicnst.style_transfer.guided import objective as guided
from musicnst.style_transfer import request
from musicnst.style_transfer.guided import residual


@pytest.mark.parametrize('name', transfer_ablation.VARIANTS)
def test_variants_name_what_there_is(name):
  options = transfer_ablation.VARIANTS[name]
  known = {f.name for kind in (request.Settings, guided.Weights) for f in dataclasses.fields(kind)} | {'conditioned'}
  with transfer_ablation.Constants(options) as constants:
    assert {option for option in options if option not in known} == {f'{module}.{constant}' for module, constant in constants.names}


def test_constants_come_back():
  before = residual.GRADIENT_SLOPE
  with transfer_ablation.Constants({'residual.GRADIENT_SLOPE': 7.0, 'texture': 0.0}):
    residual.GRADIENT_SLOPE = 7.0
  assert residual.GRADIENT_SLOPE == before


def test_an_unknown_option_is_an_error():
  with pytest.raises(errors.UnknownNameError, match='no_such'):
    methods.runner('copy', {'no_such': 1})
