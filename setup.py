"""Installs musicnst: `pip install .`, or `pip install -e '.[test]'` to work on it."""
import pathlib
import re

import setuptools

_ROOT = pathlib.Path(__file__).parent
_VERSION = re.search(r"__version__ = '([^']+)'", (_ROOT / 'musicnst' / '__init__.py').read_text(encoding='utf-8')).group(1)

# Ranges are the versions that the tests have run with; symusic is exact because 0.6.0's synthesizer raises on Python 3.11.
_REQUIRED = (
    'absl-py>=2.1',
    'h5py>=3.11',
    'keras>=3.15,<3.16',  # models/filling.py uses private names of its variables, for which there are no public ones
    'mido>=1.3,<2',
    'note-seq==0.0.5',
    'numba>=0.60',
    'numpy>=1.26,<3',
    'pretty_midi>=0.2.10',  # for the soundfont that it ships
    'soundfile>=0.12',
    'symusic==0.5.8',
    'tensorboard>=2.20',
    'tensorflow>=2.21,<2.22',
    'tensorflow-probability[tf]>=0.25,<0.26',
    'tqdm>=4.60',
)
_EXTRAS = {
    'beam': ('apache-beam>=2.60,<3',),
    # What docs/decisions compares with; tinysoundfont besides, by hand: pip install --no-deps tinysoundfont.
    'bench': ('midirenderer>=0.1.3', 'music21>=9', 'partitura>=1.9', 'pebble>=5.2'),
    'docs': ('pdoc>=16,<17',),
    'experiments': ('matplotlib>=3.8', 'scikit-learn>=1.4', 'smg-metrics>=5.4'),
    'jax': ('jax>=0.7',),
    'scores': ('music21>=9',),
    'test': (
        'hypothesis>=6', 'jax>=0.7', 'matplotlib>=3.8', 'mir_eval>=0.7', 'music21>=9', 'mypy>=2.4,<3', 'pypianoroll>=1.0.4',
        'pytest>=8', 'pytest-xdist>=3.6', 'ruff>=0.6', 'scikit-learn>=1.4'),
}

setuptools.setup(
    name='musicnst',
    version=_VERSION,
    description='Neural style transfer for symbolic music: two MIDI files in, a restyled MIDI file out.',
    long_description=(_ROOT / 'README.md').read_text(encoding='utf-8') if (_ROOT / 'README.md').exists() else '',
    long_description_content_type='text/markdown',
    license='Apache-2.0',
    python_requires='>=3.11',
    packages=setuptools.find_packages(include=('musicnst', 'musicnst.*', 'data_prep', 'data_prep.*')),
    package_data={'musicnst': ['pretrained/*/*', 'pretrained/*.zip', 'pretrained/*.npz', 'pieces/*.mid', 'pieces/*.md',
                               'checkpoint_import/*.md', 'rendering/page/*', 'analysis/weights/*', 'reading/weights/*', 'py.typed']},
    install_requires=_REQUIRED,
    extras_require=_EXTRAS,
    entry_points={'console_scripts': ['musicnst = musicnst.cli.command:main']},
)
