"""A figure as an Altair chart that a notebook shows with its words, with or without a network."""

from __future__ import annotations

from base64 import b64encode
from html import escape
from typing import TYPE_CHECKING, Any

import altair as alt

from llmxsite.library.frames import notes_html
from llmxsite.press.figure import render
from llmxsite.press.figure.theme import Theme, resolve
from llmxsite.press.figure.words import wrap

if TYPE_CHECKING:
    import pandas as pd

    from llmxsite.press.figure import Figure

MIME = f"application/vnd.vegalite.v{alt.VEGALITE_VERSION.partition('.')[0]}+json"
_TITLE, _SUBTITLE = 17, 12.5
"""Sizes of a chart's title and of the lines under it, in pixels, as in the theme."""


class Chart(alt.LayerChart):
    """The chart of a figure. A changed copy of it (`chart.properties(...)`) has no words: they may be wrong there."""

    made: Figure | None = None
    look: Theme = "light"
    problems: tuple[str, ...] = ()

    @classmethod
    def of(cls, figure: Figure, theme: Theme = "light", problems: tuple[str, ...] = ()) -> Chart:
        """The chart of a figure, in a theme's colours, with its title and its rows. `problems` are those of the logs behind it."""
        # Altair's check of a whole spec takes a second and more; the tests run every kind through it.
        chart: Chart = cls.from_dict(_spec(figure, theme), validate=False)
        for name, value in (("made", figure), ("look", theme), ("problems", problems)):
            object.__setattr__(chart, name, value)  # an attribute set on an Altair chart is a part of its spec
        return chart

    @property
    def frame(self) -> pd.DataFrame:
        """The table that is drawn, a row a mark: what the site offers as CSV."""
        return self._figure.data.copy()

    @property
    def caption(self) -> str:
        """Sentences with the numbers."""
        return self._figure.caption

    @property
    def alt(self) -> str:
        """What the chart shows, for somebody who does not see it."""
        return self._figure.alt

    @property
    def notes(self) -> tuple[str, ...]:
        """What a reader should know before believing it; problems of logs that were read among them."""
        return (*self.problems, *self._figure.notes)

    @property
    def runs(self) -> list[str]:
        """Ids of the runs whose samples are in it."""
        return list(self._figure.runs)

    def _repr_mimebundle_(self, *args: Any, **kwds: Any) -> Any:
        """The live chart for what can draw one, a picture with the words for what shows HTML, and a picture for the rest.

        Pictures are of pixels: letters of an SVG are the reader's own, which may be wider than the room that was left for them.
        """
        if self.made is None:
            import vl_convert

            spec = self.to_dict()
            picture: bytes = vl_convert.vegalite_to_png(spec, vl_version=render.VEGA_LITE, scale=2, show_warnings=False)
            return {MIME: spec, "image/png": b64encode(picture).decode(), "text/plain": repr(self)}
        drawn = render.pixels(render.on_paper(render.svg(self.made, self.look, titled=True), self.look))
        encoded = b64encode(drawn).decode()
        html = (
            f'<figure style="margin:0"><img src="data:image/png;base64,{encoded}" alt="{escape(self.alt)}" '
            f'style="width:{self.made.width + 40}px;max-width:100%">'
            f"<figcaption>{escape(self.caption)}</figcaption></figure>{notes_html(self.notes)}"
        )
        return {
            MIME: _spec(self.made, self.look, self.notes),
            "text/html": html,
            "image/png": encoded,
            "text/plain": "\n".join([self.made.title, self.caption, *(f"· {note}" for note in self.notes)]),
        }

    @property
    def _figure(self) -> Figure:
        if self.made is None:
            raise AttributeError("a changed copy of a chart has no words of its own: ask the chart it was made from")
        return self.made


def _spec(figure: Figure, theme: Theme, notes: tuple[str, ...] = ()) -> dict[str, Any]:
    """The spec of a chart that stands alone: its rows, its width, paper under it, its title above, and notes below that."""
    spec = render.spec(figure, theme)
    spec["width"] = figure.width
    spec["config"]["background"] = resolve("var(--paper)", theme)
    spec["config"].pop("line-strong", None)  # no key that Vega-Lite knows
    title: dict[str, Any] = {"text": wrap(figure.title, figure.width, _TITLE)}
    if notes:
        title["subtitle"] = [line for note in notes for line in wrap(f"· {note}", figure.width, _SUBTITLE)]
    return {**spec, "title": title, "padding": 16}
