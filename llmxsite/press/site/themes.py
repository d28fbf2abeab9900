"""Templates: compiled once a build, escaped everywhere, overridden file by file from `content/theme/templates/`.

A task's own are called `task/NAME/FILE`, and overridden under that name too. What a study brings is run in a sandbox.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

from jinja2 import (
    ChoiceLoader,
    Environment,
    FileSystemBytecodeCache,
    FileSystemLoader,
    FunctionLoader,
    StrictUndefined,
    TemplateSyntaxError,
)

from llmxsite.base import registry
from llmxsite.base.diagnostics import Issue, Issues, Problem, display_path
from llmxsite.base.reading import own_text, read_text
from llmxsite.base.regular import walk
from llmxsite.press.site import guard
from llmxsite.press.site.sandbox import Sandbox
from llmxsite.press.site.templates import filtered

FOLDER = Path(__file__).parent / "templates"
MAX_TEMPLATE = 1 << 20
THEIRS = "<theme> "
"""Before the name of a template of the study, where Python names its file."""
_OPTIONS: dict[str, Any] = {
    "autoescape": True,
    "undefined": StrictUndefined,
    "trim_blocks": True,
    "lstrip_blocks": True,
}
T = TypeVar("T")


class Templates:
    """The templates of the package, and those that the study has in their place, which are run in a sandbox.

    One of the study's that cannot be used is an issue, once, and the package's own stands in for it.
    """

    def __init__(self, study: Path, cache: Path | None, issues: Issues) -> None:
        self.issues, self.folder = issues, study / "content" / "theme" / "templates"
        self._own = environment(cache)
        tree = walk(study, "content/theme/templates")
        self.sources = {p.relative_to(self.folder).as_posix(): p for p in tree.files if p.suffix == ".html"}
        self._theirs = sandboxed(self._text) if self.sources else None

    def check(self) -> None:
        """Compile those of the study; what is wrong with them is said."""
        for name in self.sources if self._theirs is not None else ():
            self._tried(lambda env, name=name: env is self._own or env.get_template(name))  # type: ignore[misc]

    def render(self, name: str, **context: Any) -> str:
        """A page, or a part of one, from its template."""
        return self._tried(lambda env: env.get_template(name).render(**context))

    def page(self, name: str, address: str, policy: str, **context: Any) -> str:
        """A whole page; where templates of the study are used, one that runs and loads what the site's own pages do."""
        styled = "inline_style" in context

        def make(env: Environment) -> str:
            html = env.get_template(name).render(address=address, policy=policy, **context)
            return html if env is self._own else guard.checked(html, policy, address, styled=styled)

        return self._tried(make)

    def block(self, name: str, macro: str, **context: Any) -> Any:
        """What a macro of a template gives."""
        return self._tried(lambda env: getattr(env.get_template(name).module, macro)(**context))

    def _tried(self, make: Callable[[Environment], T]) -> T:
        if self._theirs is not None:
            try:
                self._theirs.begin()
                return make(self._theirs)
            except Exception as error:
                self.issues.extend([self._said(error)])
        return make(self._own)

    def _text(self, name: str) -> str | None:
        path = self.sources.get(name)
        return None if path is None else read_text(path, limit=MAX_TEMPLATE)

    def _said(self, error: Exception) -> Issue:
        """Why a template of the study is not used, with its file and line."""
        name, line = getattr(error, "name", None), getattr(error, "lineno", None)
        place = error.__traceback__
        while place is not None and not isinstance(error, TemplateSyntaxError):
            file = place.tb_frame.f_code.co_filename
            if file.startswith(THEIRS):
                name, line = file.removeprefix(THEIRS), place.tb_lineno
            place = place.tb_next
        path = self.sources.get(str(name), self.folder)
        message = f"not used: {getattr(error, 'message', None) or error or type(error).__name__}"
        if isinstance(error, Problem):
            return error.issues[0]
        return Issue(path=display_path(path), line=line, code="template", message=message[:400])


def sandboxed(text: Callable[[str], str | None]) -> Sandbox:
    """An environment in which templates of the study, as `text` gives them, stand in for the package's."""

    def load(name: str) -> tuple[str, str, Callable[[], bool]] | None:
        found = text(name)
        return None if found is None else (found, THEIRS + name, lambda: True)

    return filtered(
        Sandbox(
            loader=ChoiceLoader([FunctionLoader(load), FileSystemLoader(FOLDER), FunctionLoader(of_task)]), **_OPTIONS
        )
    )


def environment(cache: Path | None) -> Environment:
    """The templates of the package alone."""
    if cache is not None:
        cache.mkdir(parents=True, exist_ok=True)
    return filtered(
        Environment(
            loader=ChoiceLoader([FileSystemLoader(FOLDER), FunctionLoader(of_task)]),
            bytecode_cache=FileSystemBytecodeCache(str(cache)) if cache is not None else None,
            **_OPTIONS,
        )
    )


def of_task(name: str) -> str | None:
    """The text of a task's template: `task/determinism/run.html`."""
    kind, _, rest = name.partition("/")
    task, _, file = rest.partition("/")
    folder = registry.texts(task) if kind == "task" and file else None
    found = None if folder is None else folder / "templates" / file
    return own_text(Path(str(found))) if found is not None and found.is_file() else None
