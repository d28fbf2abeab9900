"""A report as a post for GitHub Discussions: question, hypothesis, setup, results, conclusions, follow-up.

What logs and the experiment say is filled in. What only a person can say comes from the report's own sections; where there is
none, the post shows that it is to be written. A long report is shortened by leaving paragraphs out, and the post says so.
Nothing is claimed that nobody wrote.
"""

from __future__ import annotations

import re
from pathlib import Path

from llmxsite.base.diagnostics import Issues, Problem
from llmxsite.press.catalogue import addresses
from llmxsite.press.publish import github
from llmxsite.press.publish.discussion import facts
from llmxsite.press.publish.discussion.beside import NOWHERE, rewritten, write
from llmxsite.press.publish.discussion.condense import MOST, condense, left_out, words
from llmxsite.press.publish.discussion.parts import OTHER, Section, sections
from llmxsite.press.publish.written import Written, open_edition, read
from llmxsite.press.site.figures.drawing import Drawn
from llmxsite.press.site.figures.elsewhere import plain
from llmxsite.study.study import Study

LIMIT = 65_536
"""Characters GitHub takes in a post."""
LEAST = 500
"""Words below which a post says too little; a hint says so."""
PROMPTS = {
    "question": "what is asked, and why it matters to somebody who runs models at home",
    "hypothesis": "what was expected before the data, as `hypothesis:` in experiment.yaml",
    "conclusions": "what the results mean, what they do not show, and for whom",
    "follow-up": "what you would try next, and what readers could try on their own machines",
}


def export(
    study: Study,
    slug: str,
    *,
    issues: Issues,
    base_url: str | None = None,
    whole: bool = False,
    beside: Path | None = None,
) -> str:
    """The post for one report; with `whole`, however long it is.

    Where the site's address is not known, the pictures are written to the folder `beside`, to be dragged into the post. Raises
    `Problem` where there is neither, or where the post cannot be made to fit.
    """
    edition = open_edition(study, issues, base_url)
    nowhere = edition.base_url is None
    if nowhere and beside is None:
        raise Problem.at(
            "content/site.yaml",
            "discussion-address",
            "a post needs the address of the published site, or a file beside which its pictures can lie",
            hint="set `base_url:` in site.yaml, give --base-url, or give --out",
        )
    edition.base_url = edition.base_url or NOWHERE
    written = read(edition, slug, issues)
    post = Post(written)
    if not whole and words(post.text()) > MOST:
        post.shorten()
    text = next((t for tables in (True, False) if len(t := post.text(tables=tables)) <= LIMIT), None)
    if text is None:
        raise Problem.at(
            written.host.source,
            "discussion-too-long",
            f"the post would be longer than the {LIMIT:,} characters that GitHub takes",
            hint="leave out --whole, or shorten the report's tables",
        )
    for name in PROMPTS:
        if not post.said(name):
            issues.add(
                written.host.source,
                "discussion-unwritten",
                f"the post says that its part '{name}' is to be written",
                hint=f"write a section '## {name.capitalize()}': {PROMPTS[name]}",
                severity="hint",
            )
    if not LEAST <= (count := words(text)) <= MOST:
        issues.add(
            written.host.source,
            "discussion-length",
            f"the post has {count:,} words; {LEAST} to {MOST} are read to the end",
            severity="hint",
        )
    if nowhere and beside is not None:
        list(write(written.figures, edition.cache, beside))
        return rewritten(text, written.figures)
    return text


class Post:
    """A post while it is made: what the logs say once, and the sections that can be shortened."""

    def __init__(self, written: Written) -> None:
        self.written = written
        self.page = addresses.absolute(str(written.edition.base_url), written.report.address)
        self.sections: list[Section] = sections(written)
        self.brief = False
        self._accuracies, self._described = facts.accuracies(written), facts.described(written)
        self._limits = facts.limits(written)

    def said(self, name: str) -> bool:
        """Whether a part has words: a person's, or the experiment's."""
        stated = {"question": self.written.report.question, "hypothesis": self.written.report.hypothesis}
        return bool(stated.get(name)) or any(section.part == name for section in self.sections)

    def shorten(self) -> None:
        """Leave paragraphs out until the post has few enough words; figures keep their pictures and the writer's words."""
        self.brief = True
        condense(self.sections, lambda: words(self.text()))

    def text(self, *, tables: bool = True) -> str:
        """The whole post; without `tables` the folded numbers of figures are left to the site."""
        w = self.written
        blocks = [f"*[Full report with interactive figures, every sample and every reply]({self.page})*"]
        blocks += [plain(w.report.summary)] if w.report.summary else []
        blocks += self._part("Question", [*facts.question(w), *self._of("question")])
        blocks += self._part("Hypothesis", [*facts.hypothesis(w), *self._of("hypothesis")])
        blocks += self._part("Setup", [*self._of("setup"), self._described])
        blocks += self._part("Results", [self._accuracies, *self._of("results"), *self._unshown()])
        for section in self.sections:
            if section.part == OTHER and (own := section.text(brief=self.brief)):
                blocks += [f"## {section.heading}", *own]
        blocks += self._part("Conclusions", self._of("conclusions"))
        blocks += self._part("Follow-up", self._of("follow-up"))
        blocks += self._part("Limits", [*self._of("limits"), self._limits])
        if missing := left_out(self.sections):
            blocks.append(f"*Left out here: {missing}. [The full report]({self.page}) has them.*")
        links = f"Runs, prompts, replies and settings: [{self.page}]({self.page}#runs). To run it again: [commands]({self.page}#reproduce)."
        text = "\n\n".join(block for block in [*blocks, f"---\n\n{links}"] if block).strip() + "\n"
        text = re.sub(r"\n{3,}", "\n\n", text)
        return text if tables else re.sub(r"<details>\n<summary>The numbers.*?</details>\n*", "", text, flags=re.DOTALL)

    def _of(self, part: str) -> list[str]:
        """What the report's sections give to a part."""
        return [text for s in self.sections if s.part == part for text in s.text(brief=self.brief)]

    def _part(self, title: str, blocks: list[str]) -> list[str]:
        """A part with its heading; where nobody has written yet, it says so."""
        name = title.lower()
        kept = [block for block in blocks if block]
        if name in PROMPTS and not self.said(name):
            kept.append(f"> [!IMPORTANT]\n> **To be written:** {PROMPTS[name]}.")
        return [f"## {title}", *kept] if kept else []

    def _unshown(self) -> list[str]:
        """Figures that stand in no section, so that none is lost."""
        text = "\n".join(block.text for section in self.sections for block in section.blocks)
        base = str(self.written.edition.base_url)
        return [
            block.brief if self.brief else block.text
            for s in self.written.shown
            if isinstance(s.figure, Drawn) and addresses.absolute(base, s.figure.photo("light")) not in text
            for block in [github.picture(self.written, s.figure, s.directive.label, s.directive.options.get("caption"))]
        ]
