"""What each directive that shows data draws, one module a directive: `{chart}`, `{table}`, `{setup}`, `{hypothesis}`, `{transcript}`,
`{diff}`, `{parting}`, `{checklist}`. What a directive cannot show becomes an issue at its line, and a note in the page.
"""

from __future__ import annotations

from llmxsite.press.site.directives.chart import draw_chart
from llmxsite.press.site.directives.checklist import draw_checklist
from llmxsite.press.site.directives.diff import draw_diff
from llmxsite.press.site.directives.hypothesis import draw_hypothesis
from llmxsite.press.site.directives.parting import draw_parting
from llmxsite.press.site.directives.setup import draw_setup
from llmxsite.press.site.directives.table import draw_table
from llmxsite.press.site.directives.transcript import draw_transcript
from llmxsite.press.site.page_host import Draw

DRAW: dict[str, Draw] = {
    "chart": draw_chart,
    "table": draw_table,
    "setup": draw_setup,
    "hypothesis": draw_hypothesis,
    "transcript": draw_transcript,
    "diff": draw_diff,
    "parting": draw_parting,
    "checklist": draw_checklist,
}
