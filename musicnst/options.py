"""Options that are declared once: a field of a settings dataclass holds the default, the line of help and the flag of the command line."""
import dataclasses


def option(default, text, flag=True, flag_default=None, choices=(), parse=None):
  """A dataclass field that is also a flag of a verb.

  Args:
    default: the field's default; the flag's too, unless `flag_default` is given.
    text: the flag's line of help.
    flag: whether the command line has it.
    flag_default: the flag's default where it is written in another form than the field.
    choices: values that the flag takes; empty for any.
    parse: what the flag says -> the field's value.
  """
  told = {'text': text, 'flag': flag, 'flag_default': default if flag_default is None else flag_default, 'choices': tuple(choices), 'parse': parse}
  return dataclasses.field(default=default, metadata=told)


def declared(settings_class):
  """The fields of a settings dataclass that are flags, in order."""
  return [field for field in dataclasses.fields(settings_class) if field.metadata.get('flag')]
