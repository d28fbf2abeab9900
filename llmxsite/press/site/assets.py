"""The site's own files: style sheet, scripts, fonts, and the charts' library, each under a name that carries its hash.

A study overrides style sheets and fonts file by file from `content/theme/` (`content/theme/css/parts.css` stands in for
the package's). Scripts are classic ones and nothing is fetched, so the same files work over http and from a disk.
"""

from __future__ import annotations

import gzip
import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from typing import Any

from llmxsite.base.diagnostics import Issues, Problem
from llmxsite.base.memory import Cache
from llmxsite.base.reading import own
from llmxsite.base.regular import content, there
from llmxsite.press.catalogue import addresses
from llmxsite.press.files import css
from llmxsite.press.site.sketch import steps
from llmxsite.press.writing import highlight

PACKAGE = Path(__file__).parent
FONTS = ("serif-regular", "serif-italic", "serif-semibold", "math")
SHEETS = ("base", "layout", "text", "parts", "frame", "samples", "print")
MAX_ASSET = 8 * 1024 * 1024
SCRIPTS = (
    "theme",
    "site",
    "search",
    "load",
    "charts",
    "marks",
    "sheet",
    "explorer-store",
    "explorer-texts",
    "explorer",
    "gallery",
    "order",
    "tables",
    "compare",
)


class Assets:
    """What pages link to. Files are read and hashed when first asked for."""

    def __init__(self, study: Path, accent: str | None, cache: Cache, issues: Issues) -> None:
        self.study, self.accent, self.cache, self.issues = study, accent, cache, issues
        self.theme = study / "content" / "theme"
        self._files: dict[str, bytes] = {}

    def source(self, folder: str, name: str) -> bytes:
        """A file of `static/`, or the study's own in its place: a part of the style sheet or a font, never a script."""
        path = self.theme / folder / name
        if folder in ("css", "fonts") and there(path, self.study):
            with self._told():
                data = content(path, inside=self.study, limit=MAX_ASSET)
                if folder == "css":
                    return self._harmless(path, data).encode()
                if data.startswith(b"wOF2"):
                    return data
                raise Problem.at(path, "theme-font", "not used: no font in the format WOFF2")
        return own(PACKAGE / "static" / folder / name)

    def _harmless(self, path: Path, data: bytes) -> str:
        """A style sheet of the study that loads nothing. Raises `Problem`."""
        try:
            text = data.decode("utf-8-sig")
        except UnicodeDecodeError:
            raise Problem.at(path, "file-encoding", "not UTF-8", hint="save it as UTF-8") from None
        if fault := css.fault(text):
            raise Problem.at(path, "theme-style", f"not used: {fault}")
        return text

    @contextmanager
    def _told(self) -> Iterator[None]:
        """What is wrong with a file of the theme is said, and the package's own stands in for it."""
        try:
            yield
        except Problem as problem:
            self.issues.extend(problem.issues)

    def check(self) -> None:
        """Look at what the study has in the place of files of ours; what is wrong with them is said."""
        for name in SHEETS:
            self.source("css", f"{name}.css")
        for name in FONTS:
            self.source("fonts", f"{name}.woff2")
        for name in SCRIPTS:
            self._script(f"{name}.js")
        self._extra()

    def _extra(self) -> list[str]:
        """The style sheet that is added to ours, where there is one that can be."""
        path = self.theme / "extra.css"
        if there(path, self.study):
            with self._told():
                return [self._harmless(path, content(path, inside=self.study, limit=MAX_ASSET))]
        return []

    @cached_property
    def style(self) -> str:
        """Address of the one style sheet."""
        text = self._sheet()
        for font in FONTS:
            address = self._keep("assets", font, "woff2", self.source("fonts", f"{font}.woff2"))
            text = text.replace("{{" + font + "}}", address.removeprefix("assets/"))
        return self._keep("assets", "site", "css", text.encode())

    @cached_property
    def sketch(self) -> str:
        """Address of the style sheet of pictures drawn into pages, for the kinds of page that have some."""
        return self._keep(
            "assets", "sketch", "css", (shorten(self.source("css", "sketch.css").decode()) + steps.depths()).encode()
        )

    @cached_property
    def marks(self) -> str:
        """Address of the style sheet of what live charts answer, for pages with charts."""
        return self._keep("assets", "marks", "css", shorten(self.source("css", "marks.css").decode()).encode())

    @cached_property
    def explorer(self) -> str:
        """Address of the style sheet of the sample explorer, which no other page needs."""
        return self._keep("assets", "explorer", "css", shorten(self.source("css", "explorer.css").decode()).encode())

    @cached_property
    def inline(self) -> str:
        """The style sheet without its fonts, for the one page that may be shown under any address."""
        return re.sub(r"@font-face.*\n", "", self._sheet())  # one rule a line in base.css

    def files(self, *, charts: bool) -> dict[str, bytes]:
        """All of them by address; those of charts where the site has any."""
        wanted = [
            self.style,
            self.explorer,
            self.sketch,
            self.marks,
            *self.scripts.values(),
            *(self.charts.values() if charts else ()),
        ]
        fonts = [a for a in self._files if a.endswith(".woff2")]
        return {address: self._files[address] for address in [*wanted, *fonts]}

    def _sheet(self) -> str:
        from llmxsite.press.site.palette import style_tokens  # every kind of chart comes with its colours

        sheets = [self.source("css", f"{name}.css").decode() for name in SHEETS]
        sheets += self._extra()
        system = f"@media screen and (prefers-color-scheme:dark){{{highlight.css('dark', ':root:not([data-theme=light]) ')}}}"
        chosen = f"@media screen{{{highlight.css('dark', ':root[data-theme=dark] ')}}}"
        code = highlight.css("light") + system + chosen
        return shorten(style_tokens(self.accent) + "\n".join(sheets) + steps.widths() + "\n" + code)

    @cached_property
    def scripts(self) -> dict[str, str]:
        """Address of each script by its name."""
        return {name: self._keep("assets", name, "js", self._script(f"{name}.js")) for name in SCRIPTS}

    def _script(self, name: str) -> bytes:
        """A script of the package, without its lines of comment, which a reader's browser has no use for."""
        if there(path := self.theme / "js" / name, self.study):
            self.issues.add(path, "theme-script", "not used: pages run no scripts of a study", severity="warning")
        return re.sub(rb"(?m)^ *//.*\n", b"", own(PACKAGE / "static" / "js" / name))

    @cached_property
    def charts(self) -> dict[str, str]:
        """Addresses a page with charts needs: Vega's bundle, and the charts' configuration, its colours the page's variables."""
        from llmxsite.press.figure.theme import vega_config

        config = f"llmx.config={json.dumps(vega_config('auto'), sort_keys=True)};".encode()
        return {"vega": self._vega(), "config": self._keep("assets", "charts-theme", "js", config)}

    def _vega(self) -> str:
        """The bundle costs two seconds to make: it is made once per version of vl-convert and kept in the cache."""
        from importlib.metadata import version

        packed = self.cache.memo("vega", [version("vl-convert-python")], bytes, _bundle_apart)
        return self._keep("assets", "vega", "js", gzip.decompress(packed))

    def _keep(self, folder: str, name: str, suffix: str, content: bytes) -> str:
        address = f"{folder}/{addresses.hashed(name, suffix, content)}"
        self._files[address] = content
        return address


def _bundle_apart() -> bytes:
    """The bundle, made in a process of its own: it takes 75 MB that would not be given back."""
    from concurrent.futures import ProcessPoolExecutor
    from multiprocessing import get_context

    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        return pool.submit(_bundle).result()


def _bundle() -> bytes:
    """Vega, Vega-Lite and vega-embed as one classic script, gzipped."""
    import vl_convert

    bundle: str = vl_convert.javascript_bundle()  # type: ignore[call-arg]  # its stub forgets the default
    return gzip.compress(bundle.encode(), mtime=0)


def shorten(css: str) -> str:
    """Comments and indentation taken out of a style sheet; nothing that could change its meaning."""
    css = re.sub(r"/\*.*?\*/", "", css, flags=re.DOTALL)
    return "\n".join(line.strip() for line in css.splitlines() if line.strip()) + "\n"


def data_script(name: str, payload: dict[str, Any]) -> bytes:
    """Data as a classic script: `llmx.receive("name", {...});`. `<` is escaped, so it is safe inside a page too."""
    text = json.dumps(payload, ensure_ascii=False, separators=(",", ":"), sort_keys=True).replace("<", "\\u003c")
    return f"llmx.receive({json.dumps(name)},{text});\n".encode()
