"""Writes the API pages, from the docstrings of musicnst and data_prep, and checks that every link within them leads somewhere.

  make docs      # a minute or two -> docs/api/index.html
"""
import html.parser
import pathlib
import re
import shutil
import sys
import urllib.parse
import warnings

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
    if tag == 'a' and 'href' in values:
      self.links.append(values['href'])


def broken_links(folder):
  """[(page, link)] of all links between HTML pages of a folder that lead to no page, or to no anchor of one; other sites' are skipped."""
  pages = {path.resolve(): _Page(path.read_text(encoding='utf-8')) for path in sorted(folder.rglob('*.html'))}
  found = []
  for path, page in pages.items():
    for link in page.links:
      parts = urllib.parse.urlsplit(link)
      if parts.scheme or parts.netloc:
        continue
      target = pages.get((path.parent / urllib.parse.unquote(parts.path)).resolve() if parts.path else path)
      if not link or target is None or parts.fragment and urllib.parse.unquote(parts.fragment) not in target.anchors:
        found.append((str(path.relative_to(folder.resolve())), link))
  return found


def unlink_the_unlisted(path):
  """Makes plain text of a page's links to names that it does not list: what a class inherits from another library, and private bases.

  pdoc links every name that it knows, listed or not.
  """
  text = path.read_text(encoding='utf-8')
  anchors = _Page(text).anchors
  plain = re.sub(r'<a href="#([\w.]+)">(.*?)</a>', lambda link: link.group(0 if link.group(1) in anchors else 2), text)
  if plain != text:
    path.write_text(plain, encoding='utf-8')


def main():
  """Builds the pages; the exit code."""
  quiet.hush()
  import pdoc  # pylint: disable=import-outside-toplevel
  warnings.filterwarnings('ignore', message="Couldn't import data_prep.run_beam|Suppressed execution")
  shutil.rmtree(FOLDER, ignore_errors=True)
  pdoc.render.configure(docformat='google')
  linkify = pdoc.render.env.filters['linkify']
  # pdoc takes `.midi` for a module beside this one; here it is how a file's name ends.
  pdoc.render.env.filters['linkify'] = pdoc.render_helpers.pass_context(
      lambda context, text, *args, **kwargs: linkify(context, re.sub(r'(?<![\w.>)\]])\.(?=[a-z])', '&#46;', text), *args, **kwargs))
  pdoc.pdoc(*PACKAGES, *LEFT_OUT, output_directory=FOLDER)
  for path in FOLDER.rglob('*.html'):
    unlink_the_unlisted(path)
  broken = broken_links(FOLDER)
  for page, link in broken:
    print(f'{page}: the link to {link!r} leads nowhere', file=sys.stderr)
  print(f'{FOLDER / "index.html"}: {len(list(FOLDER.rglob("*.html")))} pages, {len(broken)} broken links')
  return 1 if broken else 0


if __name__ == '__main__':
  sys.exit(main())
