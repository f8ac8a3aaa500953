"""`python -m musicnst` is `musicnst`."""
from musicnst.cli import command

if __name__ == '__main__':
  command.main()
