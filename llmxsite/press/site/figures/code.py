"""A chart as a Python file that draws it with Altair alone, from its own numbers: ready to be changed."""

from __future__ import annotations

import json
from pprint import pformat


def code(spec: str, title: str, caption: str, name: str) -> str:
    """The file for a Vega-Lite spec with its data. Run, it writes `NAME.html`."""
    whole = json.loads(spec)
    data = whole.pop("datasets", {})
    if whole.get("config", {}).get("background", "") is None:
        del whole["config"]["background"]  # Altair takes none but a colour, and none is what Vega-Lite means by nothing
    return (
        f'"""{_quoted(title)}\n\n{_quoted(caption)}\n\nNeeds Altair: pip install altair\n"""\n\n'
        "import altair as alt\n\n"
        f"data = {_literal(data)}\n\n"
        f"spec = {_literal(whole)}\n\n"
        'chart = alt.Chart.from_dict({**spec, "datasets": data})\n\n'
        'if __name__ == "__main__":\n'
        f'    chart.save("{name}.html")\n'
        f'    print("written to {name}.html")\n'
    )


def _literal(value: object) -> str:
    """JSON as Python writes it."""
    return pformat(value, width=118, sort_dicts=False, compact=True)


def _quoted(text: str) -> str:
    """Text inside a docstring."""
    return " ".join(text.replace("\\", "\\\\").replace('"', "'").split())
