"""musicnst: neural style transfer for symbolic music."""

__version__ = '0.1.0'
