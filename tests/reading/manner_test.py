"""How files are read holds for all that is read inside, and what was mended is told there."""
import pytest

from musicnst import errors
from musicnst.reading import files
from musicnst.reading import manner
from tests.reading import midi_maker


def test_the_manner_holds_inside(tmp_path):
  path = tmp_path / 'cut.rmi'
  path.write_bytes(midi_maker.to_bytes([midi_maker.notes([60, 62])])[:-3])
  with manner.using() as mended:
    assert len(files.read(path)[0].notes) == 2
    with manner.using(manner.Manner(strict=True)) as inner, pytest.raises(errors.ReadError):
      files.read(path)
    assert not inner
    files.read(path)
  assert [each.reason for each in mended] == ['cut_end', 'cut_end'] and manner.described(mended[:1]) == 'cut short'
  assert len(files.read(path)[0].notes) == 2  # outside of any: forgiving, told to nobody


def test_files_of_bug_reports(shared):
  from benchmarks import report_files
  found = report_files.compare(shared / 'fixtures' / 'reports')
  assert len(found) == 62 and not {name: faults for name, (_, faults) in found.items() if faults}
