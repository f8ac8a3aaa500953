"""Options that are declared once: a field of a settings dataclass holds the default, the line of help and the flag of the command line."""
from collections.abc import Callable
from collections.abc import Sequence
import dataclasses
from typing import Any


def option(
    default: Any, text: str, flag: bool = True, flag_default: Any = None, choices: Sequence[str] = (),
    parse: Callable[..., Any] | None = None) -> Any:
  """A dataclass field that is also a flag of a verb.

  Args:
    default: the field's default; the flag's too, unless `flag_default` is given.
    text: the flag's line of help.
    flag: whether the command line has it.
    flag_default: the flag's default where it is written in another form than the field.
    choices: values that the flag takes; empty for any.
    parse: what the flag says -> the field's value.
  """
  written = {
      'text': text, 'flag': flag, 'flag_default': default if flag_default is None else flag_default, 'choices': tuple(choices), 'parse': parse}
  return dataclasses.field(default=default, metadata=written)


def declared(settings_class: type) -> list[dataclasses.Field[Any]]:
  """The fields of a settings dataclass that are flags, in order."""
  return [field for field in dataclasses.fields(settings_class) if field.metadata.get('flag')]
