"""Every family of the registry keeps the contract, at the tiny sizes that it exports."""
import pytest

from musicnst import configs
from tests.models import contract

FAMILIES = configs.families()
ENTRIES = [(family, name) for family in FAMILIES for name in family.kinds or family.configs]


@pytest.mark.slow
@pytest.mark.parametrize('family, name', ENTRIES, ids=[name for _, name in ENTRIES])
def test_contract(family, name, tmp_path):
  contract.run_model_contract(family, name, tmp_path)


@pytest.mark.parametrize('family', FAMILIES, ids=lambda family: family.name)
def test_families(family):
  """Each config is found under its own name, and has a tiny size that its converter and its batches take."""
  for name, config in family.configs.items():
    assert configs.get(name) is not None and config.name == name and config.description
    contract.batch_of(family, family.tiny_config(name))
  assert set(family.kinds) <= set(family.configs)


def test_names_are_given_once():
  names = [name for family in FAMILIES for name in family.configs]
  assert len(set(names)) == len(names) and set(names) == set(configs.config_map())
  assert len({family.name for family in FAMILIES}) == len(FAMILIES)
