"""Templates that a study brings, run without trust: they reach what they are given to show, and cannot go on for ever.

Jinja's sandbox keeps a template from Python's insides. Here it is also kept from everything that has a file behind it, and every loop,
call and text is counted: a template of a few lines could otherwise fill the memory (`{% set x = x ~ x %}`) or the day.
"""

from __future__ import annotations

import functools
import re
import threading
from collections.abc import Callable, Iterable, Iterator
from pathlib import PurePath
from types import BuiltinFunctionType, FunctionType, MethodType, MethodWrapperType, ModuleType
from typing import Any

from jinja2 import nodes
from jinja2.exceptions import SecurityError
from jinja2.runtime import BlockReference, LoopContext, Macro, TemplateReference
from jinja2.sandbox import ImmutableSandboxedEnvironment
from markupsafe import Markup

MAX_STEPS = 500_000
"""Rounds of loops and calls of one page."""
MAX_TEXT = 8 * 1024 * 1024
"""Characters of one text, and of a page."""
MAX_NUMBER = 100_000
"""Largest whole number that a filter or method is given: widths, counts, places."""
_PLAIN = (str, int, float, bool, list, tuple, dict, set, frozenset, Markup, bytes)
_CLOSED = frozenset(["Assets", "Cache", "Edition", "Study", "Document", "PageHost", "Numbers", "Issues"])
"""Types of ours that have files or other pages behind them: their methods are not for templates."""
_OPEN = {"Assets": frozenset(["style", "sketch", "explorer", "marks", "scripts", "charts", "inline"])}
_WIDE = frozenset(["center", "ljust", "rjust", "indent", "wordwrap", "batch", "slice", "round", "truncate", "tojson"])
"""Filters and methods that make as much of a text or list as a number says."""
_count = threading.local()


class Sandbox(ImmutableSandboxedEnvironment):
    """An environment for templates of a study. Raises `SecurityError` where one goes too far."""

    intercepted_binops = frozenset(["*", "**", "%", "+"])

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.globals = {name: self.globals[name] for name in ("range", "dict", "namespace", "cycler", "joiner")}
        self.filters.update({name: _measured_filter(name, f) for name, f in self.filters.items()})
        self.filters["format"] = _format(self.filters["format"])
        self.filters.update(counted__=counted, measured__=measured)

    def begin(self) -> None:
        """A page begins: nothing is counted yet."""
        _count.steps = 0

    def _parse(self, source: str, name: str | None, filename: str | None) -> nodes.Template:
        tree = super()._parse(source, name, filename)
        for loop in tree.find_all(nodes.For):
            loop.iter = nodes.Filter(loop.iter, "counted__", [], [], None, None, lineno=loop.lineno)
        for block in tree.find_all((nodes.AssignBlock,)):
            inner = block.filter
            block.filter = nodes.Filter(inner, "measured__", [], [], None, None, lineno=block.lineno)
        for parent in list(tree.find_all(nodes.Node)):
            for name_, value in parent.iter_fields():
                if isinstance(value, nodes.Concat):
                    setattr(parent, name_, _measure(value))
                elif isinstance(value, list):
                    value[:] = [_measure(v) if isinstance(v, nodes.Concat) else v for v in value]
        return tree

    def call_binop(self, context: Any, operator: str, left: Any, right: Any) -> Any:
        step()
        if operator == "**" or (operator == "%" and isinstance(left, str)):
            raise SecurityError(f"'{operator}' is not for templates of a study")
        if operator == "*":
            sizes = [len(v) if isinstance(v, str | list | tuple) else abs(v) for v in (left, right)]
            if sizes[0] * sizes[1] > MAX_TEXT:
                raise SecurityError(f"a product is larger than {MAX_TEXT:,}")
        return measured(super().call_binop(context, operator, left, right))

    def is_safe_attribute(self, obj: Any, attr: str, value: Any) -> bool:
        if not super().is_safe_attribute(obj, attr, value) or isinstance(value, ModuleType | type):
            return False
        if isinstance(obj, ModuleType):
            constant = attr.isupper() and isinstance(value, str | int)
            return constant or (isinstance(value, FunctionType) and value.__module__ == obj.__name__)
        if isinstance(obj, PurePath):
            return attr in ("name", "stem", "suffix")
        allowed = _OPEN.get(type(obj).__name__)
        if type(obj).__name__ in _CLOSED:
            return allowed is not None and attr in allowed
        return True

    def is_safe_callable(self, obj: Any) -> bool:
        if not super().is_safe_callable(obj):
            return False
        if isinstance(obj, Macro | BlockReference | LoopContext | TemplateReference) or obj in self.globals.values():
            return True
        if isinstance(obj, functools.partial):
            return self.is_safe_callable(obj.func)
        owner = getattr(obj, "__self__", None)
        if isinstance(obj, FunctionType):
            return obj.__module__.startswith(("llmxsite.", "jinja2."))
        if isinstance(obj, MethodType):
            home = type(owner).__module__
            return (home.startswith(("llmxsite.", "jinja2.")) and type(owner).__name__ not in _CLOSED) or isinstance(
                owner, Markup
            )
        return isinstance(obj, BuiltinFunctionType | MethodWrapperType) and isinstance(owner, _PLAIN)

    def call(self, context: Any, obj: Any, /, *args: Any, **kwargs: Any) -> Any:
        step()
        if isinstance(getattr(obj, "__self__", None), str):
            if obj.__name__ in ("format", "format_map", "zfill", "expandtabs", "translate"):
                raise SecurityError(f"'{obj.__name__}' is not for templates of a study")
            if obj.__name__ == "replace" and len(args) > 1 and len(args[1]) * max(1, len(obj.__self__)) > MAX_TEXT:
                raise SecurityError("a text becomes too long")
            if obj.__name__ in _WIDE:
                _small((*args, *kwargs.values()))
        return measured(super().call(context, obj, *args, **kwargs))


def step() -> None:
    """One more round of a loop, or call."""
    _count.steps = getattr(_count, "steps", 0) + 1
    if _count.steps > MAX_STEPS:
        raise SecurityError(f"more than {MAX_STEPS:,} rounds of loops and calls")


def counted(values: Iterable[Any]) -> Iterator[Any]:
    """What a loop runs over, each round counted."""
    if hasattr(values, "__len__"):
        return _Counted(values)  # type: ignore[return-value]  # it has a length too
    return _steps(values)


def _steps(values: Iterable[Any]) -> Iterator[Any]:
    for value in values:
        step()
        yield value


class _Counted:
    """Values with their length, which `loop.length` and `loop.last` ask for."""

    def __init__(self, values: Any) -> None:
        self._values = values

    def __len__(self) -> int:
        return len(self._values)

    def __iter__(self) -> Iterator[Any]:
        return _steps(self._values)


def measured(value: Any) -> Any:
    """A value that is no text of more than `MAX_TEXT` characters, and no list or number beyond all measure."""
    if isinstance(value, str | list | tuple | dict) and len(value) > MAX_TEXT:
        raise SecurityError(f"a text or list is longer than {MAX_TEXT:,}")
    if isinstance(value, int) and value.bit_length() > 256:
        raise SecurityError("a number is too large")
    return value


def _measure(node: nodes.Concat) -> nodes.Filter:
    return nodes.Filter(node, "measured__", [], [], None, None, lineno=node.lineno)


def _measured_filter(name: str, function: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(function)  # with the mark that says whether it is given the environment
    def run(*args: Any, **kwargs: Any) -> Any:
        step()
        if name in _WIDE:
            _small((*args[1:], *kwargs.values()))
        return measured(function(*args, **kwargs))

    return run


def _format(function: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(function)
    def run(value: str, *args: Any, **kwargs: Any) -> Any:
        if re.search(r"\d{4}|%[^a-zA-Z%]*\*", str(value)):
            raise SecurityError("a number is written wider than anybody reads")
        return function(value, *args, **kwargs)

    return run


def _small(values: Iterable[Any]) -> None:
    """Raises where a whole number among the arguments is one that nobody needs: a width of a thousand million blanks."""
    for value in values:
        if isinstance(value, int) and not isinstance(value, bool) and abs(value) > MAX_NUMBER:
            raise SecurityError("a number is too large")
