"""`musicnst <verb> --flags`: finds the verb, reads its flags, runs it, and turns errors into one line and an exit code.

Exit codes: 0 done; 2 something the user can mend (input, flags, output); 1 a fault of ours; 130 interrupted.
Each verb is a module `musicnst/cli/<verb>.py` with `define_flags(flag_values)` and `main(flag_values)`.
"""
import errno
import importlib
import os
import sys
import traceback

from absl import flags

import musicnst
from musicnst import errors
from musicnst import quiet
from musicnst import registry
from musicnst.cli import usage

# Verb -> its line in `musicnst --help`; the module of the same name is imported when the verb is asked for.
VERBS = {
    'convert': 'a folder of MIDI, MusicXML, ABC or Lakh files -> NoteSequence records',
    'prepare': 'NoteSequence records -> windows to train on',
    'train': 'train, fine-tune or evaluate a model on windows',
    'evaluate': 'measure a model on windows, or transfers by (content, style, output) files',
    'generate': 'sample, interpolate or reconstruct music with a model',
    'transfer': 'restyle a piece: the content of one file in the style of another',
    'import_checkpoint': "one of Magenta's MusicVAE checkpoints -> a bundle",
    'export_checkpoint': "a MusicVAE of ours -> one of Magenta's checkpoints",
    'attribute': 'which notes of a piece a classifier looks at, as a picture',
    'bundle': 'a run folder -> a bundle: one folder or .zip to share and load',
    'list': 'configs, methods, bundles and corpora, a line each',
}
DONE, FAULT, USER_ERROR, INTERRUPTED, PIPE_CLOSED = 0, 1, 2, 130, 141

# Conditions of the machine, not of the program: the message says enough.
_MACHINE_ERRORS = (errno.ENOSPC, errno.EDQUOT, errno.EACCES, errno.EPERM, errno.EROFS, errno.ENOENT, errno.EISDIR, errno.ENOTDIR,
                   errno.ENAMETOOLONG, errno.EMFILE)


def main():
  """The console script."""
  status = execute(sys.argv[1:])
  try:
    sys.stdout.flush()
  except OSError:
    # A reader that went away, or a full disk behind `>`: without this, Python would complain once more while it exits.
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    status = status or PIPE_CLOSED
  sys.exit(status)


def execute(arguments):
  """Runs one command line given as a list without the program's name; returns the exit code."""
  arguments = list(arguments)
  debug = '--debug' in arguments or os.environ.get('MUSICNST_DEBUG', '') not in ('', '0')
  arguments = [argument for argument in arguments if argument != '--debug']
  if not debug:
    quiet.hush()
  verb = arguments[0] if arguments and arguments[0] in VERBS else ''
  try:
    return _dispatch(arguments)
  except KeyboardInterrupt:
    return _say(verb, 'interrupted', INTERRUPTED)
  except BrokenPipeError:
    return PIPE_CLOSED
  except Exception as error:  # the one place where any error ends: reported in a line here, or in full with --debug
    if debug:
      traceback.print_exc()
    return _explain(verb, error)


def _dispatch(arguments):
  if not arguments:
    print(usage.overview(VERBS), file=sys.stderr)
    return USER_ERROR
  first, rest = arguments[0], arguments[1:]
  if first in ('--version', 'version'):
    print(f'musicnst {musicnst.__version__}')
    return DONE
  if first == 'help' and rest:
    first, rest = rest[0], ['--help']
  if first in ('-h', '--help', 'help'):
    print(usage.overview(VERBS))
    return DONE
  if first.startswith('-'):
    raise errors.ArgumentError(f'the verb comes first: musicnst VERB {first} ...; verbs: {", ".join(VERBS)}')
  registry.lookup(VERBS, first, 'verb')
  return _run(first, rest)


def _run(verb, arguments):
  """Reads the verb's flags and runs it."""
  module = importlib.import_module(f'musicnst.cli.{verb}')
  flag_values = flags.FlagValues()
  module.define_flags(flag_values)
  if any(argument in ('-h', '--help', '-help', '--helpfull') for argument in arguments):
    print(usage.of_verb(verb, module, flag_values))
    return DONE
  left = flag_values([f'musicnst {verb}', *arguments])[1:]
  if left:
    raise errors.ArgumentError(f'do not know what to do with {left[0]!r}; every argument is a flag: --name=value')
  module.main(flag_values)
  sys.stdout.flush()
  return DONE


def _explain(verb, error):
  """One line for an error; returns its exit code."""
  if isinstance(error, errors.MusicnstError):
    return _say(verb, str(error), USER_ERROR)
  if isinstance(error, flags.Error):
    return _say(verb, f'{error} (musicnst {verb} --help lists the flags)', USER_ERROR)
  if isinstance(error, OSError) and error.errno in _MACHINE_ERRORS:
    where = f'{error.filename}: ' if error.filename else ''
    return _say(verb, f'{where}{error.strerror}', USER_ERROR)
  if isinstance(error, MemoryError):
    return _say(verb, 'not enough memory for this input', USER_ERROR)
  return _say(verb, f'internal error, please report it: {type(error).__name__}: {error} (--debug shows where)', FAULT)


def _say(verb, message, status):
  program = f'musicnst {verb}'.strip()
  print(f'{program}: {" ".join(message.split())}', file=sys.stderr)
  return status
