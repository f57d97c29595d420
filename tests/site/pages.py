"""A page of the site as its text has it: what it points at, and what it shows as its output."""

import html
import re
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit


class Page(HTMLParser):
    """The ids of a page, and its links: all that href, src and srcset name."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.path = path
        self.text = path.read_text(encoding="utf-8")
        self.ids = {"", "top"}  # a browser goes to the top of the page for these
        self.links: set[str] = set()
        self.thumbnails: list[str] = []
        self.feed(self.text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        for name, value in attrs:
            if name == "id" or (tag == "a" and name == "name"):
                self.ids.add(value or "")
            elif name in ("href", "src"):
                self.links.add(value or "")
            elif name == "srcset":
                self.links.update(part.split()[0] for part in (value or "").split(","))
            if tag == "img" and name == "src" and "_thumb." in (value or ""):
                self.thumbnails.append(value or "")

    def outside(self) -> list[str]:
        """The links that lead out of the site."""
        return [link for link in self.links if urlsplit(link).scheme]

    def inside(self) -> Iterator[tuple[str, Path, str]]:
        """Each link that stays in the site, the file that it names, and the place in it."""
        for link in self.links:
            parts = urlsplit(link)
            if not parts.scheme:
                to = self.path.parent / unquote(parts.path) if parts.path else self.path
                yield link, to.resolve(), unquote(parts.fragment)

    def printed(self) -> str:
        """What stands on the page as the output of its code."""
        blocks = re.findall(r'"sphx-glr-script-out.*?<pre>(.*?)</pre>', self.text, re.DOTALL)
        return "\n".join(html.unescape(re.sub("<[^>]*>", "", block)) for block in blocks)


def paths_in(site: Path) -> list[Path]:
    """Those of the pages; what lies in _static are parts of the theme."""
    return sorted(p for p in site.rglob("*.html") if p.relative_to(site).parts[0] != "_static")


def broken_links(pages: dict[Path, Page], page: Page) -> Iterator[str]:
    for link, path, place in page.inside():
        if not path.exists():
            yield f"{link} leads to no file"
        elif place and path in pages and place not in pages[path].ids:
            yield f"{link} leads to no such place in its page"
