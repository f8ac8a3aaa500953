"""The ablation: every variant is the method with other settings, and nothing else."""
import dataclasses

import pytest

from experiments.benchmark import methods
from experiments.benchmark import transfer_ablation
from musicnst import errors
from musicnst.style_transfer import request
from musicnst.style_transfer.guided import settings as guided_settings


@pytest.mark.parametrize('name', transfer_ablation.VARIANTS)
def test_variants_name_what_there_is(name):
  known = {f.name for kind in (request.Settings, guided_settings.GuidedSettings) for f in dataclasses.fields(kind)} | {'conditioned'}
  assert set(transfer_ablation.VARIANTS[name]) <= known


def test_a_variant_is_another_object():
  plain, other = methods.runner('guided'), methods.runner('guided', {'gradient_slope': 7.0, 'texture': 0.0, 'seed': 3})
  assert (other.method.constants.gradient_slope, other.method.constants.texture, other.settings.seed) == (7.0, 0.0, 3)
  assert plain.method.constants == guided_settings.GuidedSettings() and plain.settings.seed == 0
  assert dataclasses.replace(other.method.constants, gradient_slope=.4, texture=12.0) == plain.method.constants


def test_an_unknown_option_is_an_error():
  with pytest.raises(errors.UnknownNameError, match='no_such'):
    methods.runner('copy', {'no_such': 1})
  with pytest.raises(errors.UnknownNameError, match='margin'):
    methods.runner('copy', {'margin': 1.0})
