"""Writes the API pages, from the docstrings of musicnst and data_prep, and checks that every link within them leads somewhere.

  make docs      # -> docs/api/index.html
"""
import html.parser
import pathlib
import shutil
import sys
import urllib.parse

from musicnst import quiet

PACKAGES = ('musicnst', 'data_prep')
# One runs when it is imported, the other needs Apache Beam, which the extra `beam` alone installs.
LEFT_OUT = ('!musicnst.__main__', '!data_prep.run_beam')
FOLDER = pathlib.Path(__file__).resolve().parent / 'api'


class _Page(html.parser.HTMLParser):
  """The anchors of a page, and where its links lead."""

  def __init__(self, text):
    super().__init__()
    self.anchors, self.links = set(), []
    self.feed(text)

  def handle_starttag(self, tag, attrs):
    values = dict(attrs)
    self.anchors.add(values.get('id'))
    if tag == 'a' and values.get('href'):
      self.links.append(values['href'])


def broken_links(folder):
  """[(page, link)] of all links between HTML pages of a folder that lead to no page, or to no anchor of one; other sites' are passed."""
  pages = {path.resolve(): _Page(path.read_text(encoding='utf-8')) for path in sorted(folder.rglob('*.html'))}
  found = []
  for path, page in pages.items():
    for link in page.links:
      parts = urllib.parse.urlsplit(link)
      if parts.scheme or parts.netloc:
        continue
      target = pages.get((path.parent / urllib.parse.unquote(parts.path)).resolve() if parts.path else path)
      if target is None or parts.fragment and urllib.parse.unquote(parts.fragment) not in target.anchors:
        found.append((str(path.relative_to(folder)), link))
  return found


def main():
  """Builds the pages; the exit code."""
  quiet.hush()
  import pdoc  # pylint: disable=import-outside-toplevel
  shutil.rmtree(FOLDER, ignore_errors=True)
  pdoc.render.configure(docformat='google', search=True)
  pdoc.pdoc(*PACKAGES, *LEFT_OUT, output_directory=FOLDER)
  broken = broken_links(FOLDER)
  for page, link in broken:
    print(f'{page}: {link} leads nowhere', file=sys.stderr)
  print(f'{FOLDER / "index.html"}: {len(list(FOLDER.rglob("*.html")))} pages, {len(broken)} broken links')
  return 1 if broken else 0


if __name__ == '__main__':
  sys.exit(main())
