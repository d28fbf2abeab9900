"""Tokens to HTML: what each construct of a write-up becomes on the page."""

from __future__ import annotations

import re
from collections.abc import Sequence
from html import escape
from urllib.parse import unquote

from markdown_it.renderer import RendererHTML
from markdown_it.token import Token
from markdown_it.utils import EnvType, OptionsDict

from llmxsite.base.diagnostics import did_you_mean
from llmxsite.press.writing import anchors, citations, highlight, maths, sanitise
from llmxsite.press.writing.blocks import plain
from llmxsite.press.writing.directive import Directive
from llmxsite.press.writing.host import NAMED
from llmxsite.press.writing.rendering import Rendering

ROLES = {"value", "ref", "cite", "sub", "sup", "kbd"}
_REMOTE = re.compile(rf"(?!(?:{'|'.join(NAMED)}):)(?:[A-Za-z][A-Za-z0-9+.-]*:|//)")
"""An address outside the site."""
_ALT = "say in the brackets what the picture shows: ![Accuracy falls with size](picture.png)"
_NO_LANGUAGE = {"text", "txt", "plain", "plaintext", "none", "output"}


class Renderer(RendererHTML):
    """One method a kind of token, named as markdown-it names them."""

    def directive(self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: EnvType) -> str:
        rendering: Rendering = env["rendering"]
        return rendering.slot(rendering.host.directive(tokens[idx].meta["directive"]), block=True) + "\n"

    def figure(self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: EnvType) -> str:
        rendering: Rendering = env["rendering"]
        directive: Directive = tokens[idx].meta["directive"]
        alt = str(directive.options.get("alt") or "")
        caption = str(directive.options.get("caption") or " ".join(directive.body.split()))
        if not directive.argument:
            directive.add("picture-missing", "which picture?", hint="```{figure} picture.png")
        if not alt:
            directive.add("picture-alt", "the picture has no alternative text", hint=_ALT, severity="warning")
        size = "".join(
            f' {k}="{directive.options[k]}"' for k in ("width", "height") if isinstance(directive.options.get(k), int)
        )
        picture = _picture(rendering, directive.argument, alt, directive.line, size)
        text = directive.inline(caption, directive.body_line) if caption else ""
        return rendering.slot(
            f'<figure class="picture" id="{directive.id}">{picture}'
            f"<figcaption><strong>{directive.label}.</strong> {text}</figcaption></figure>",
            block=True,
        )

    def image(self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: EnvType) -> str:
        rendering: Rendering = env["rendering"]
        token = tokens[idx]
        alt = plain(token.children or [])
        if not alt:
            rendering.add(token, "picture-alt", "the picture has no alternative text", hint=_ALT, severity="warning")
        title = f' title="{escape(str(token.attrs["title"]))}"' if token.attrs.get("title") else ""
        return _picture(rendering, str(token.attrs.get("src", "")), alt, rendering.place(token)[0], title)

    def link_open(self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: EnvType) -> str:
        rendering: Rendering = env["rendering"]
        token = tokens[idx]
        href = str(token.attrs.get("href", ""))
        title = f' title="{escape(str(token.attrs["title"]))}"' if token.attrs.get("title") else ""
        if href.startswith("#"):
            href = unquote(href)  # as the heading has it; markdown-it has escaped what is not ASCII
            if href[1:] not in rendering.page.anchors and href != "#":
                rendering.add(
                    token,
                    "link-anchor",
                    f"nothing on this page is called '{href}'",
                    hint=did_you_mean(href[1:], rendering.page.anchors),
                )
        elif _REMOTE.match(href):
            return f'<a href="{escape(href)}" rel="noopener"{title}>'
        else:
            href = rendering.target(href, rendering.place(token)[0])
        return f'<a href="{escape(href)}"{title}>'

    def role(self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: EnvType) -> str:
        rendering: Rendering = env["rendering"]
        token = tokens[idx]
        name, content = token.info, token.content
        line, column = rendering.place(token)
        if name == "value":
            return rendering.slot(rendering.host.value(content, line, column + token.meta["content"]))
        if name == "ref":
            href, words = _reference(rendering, token)
            return f'<a class="ref" href="{escape(href)}">{escape(words, quote=False)}</a>'
        if name in ("cite", "cite:p", "cite:t"):
            cites = citations.parse_group("; ".join(f"@{k.strip()}" for k in re.split(r"[,;]", content))) or []
            if name == "cite:t" and len(cites) == 1:
                return rendering.cite(token, None, cites[0].key)
            return rendering.cite(token, cites, "")
        if name in ("sub", "sup", "kbd"):
            return f"<{name}>{escape(content, quote=False)}</{name}>"
        known = ROLES | {"cite:p", "cite:t"}
        rendering.add(token, "role-unknown", f"unknown role '{name}'", hint=did_you_mean(name, known), skip=1)
        return f"<code>{escape(content, quote=False)}</code>"

    def citation(self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: EnvType) -> str:
        rendering: Rendering = env["rendering"]
        token = tokens[idx]
        return rendering.cite(token, token.meta["cites"], token.content[1:])

    def bibliography(self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: EnvType) -> str:
        rendering: Rendering = env["rendering"]
        rendering.bibliography_slot = len(rendering.slots)
        return rendering.slot("", block=True)

    def math_inline(self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: EnvType) -> str:
        token = tokens[idx]
        line, column = env["rendering"].place(token)
        return _formula(env["rendering"], token.content, line, column, display=token.markup == "$$")

    def math_block(self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: EnvType) -> str:
        rendering: Rendering = env["rendering"]
        line = (tokens[idx].map or [0])[0] + rendering.source.first_line
        return f'<div class="equation">{_formula(rendering, tokens[idx].content, line, 1, display=True)}</div>\n'

    def math_block_label(self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: EnvType) -> str:
        rendering: Rendering = env["rendering"]
        anchor, number, _ = tokens[idx].meta["number"]
        line = (tokens[idx].map or [0])[0] + rendering.source.first_line
        formula = _formula(rendering, tokens[idx].content, line, 1, display=True)
        return f'<div class="equation numbered" id="{anchor}">{formula}<span class="number">({number})</span></div>\n'

    def heading_open(self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: EnvType) -> str:
        return f'<{tokens[idx].tag} id="{escape(str(tokens[idx].attrs["id"]))}">'

    def heading_close(self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: EnvType) -> str:
        opening = tokens[idx - 2]
        anchor, words = escape(str(opening.attrs["id"])), escape(plain(tokens[idx - 1].children or []))
        return f' <a class="anchor" href="#{anchor}" aria-label="Link to section: {words}">#</a></{tokens[idx].tag}>\n'

    def fence(self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: EnvType) -> str:
        rendering: Rendering = env["rendering"]
        token = tokens[idx]
        language = token.info.strip().split()[0].lower() if token.info.strip() else ""
        body = highlight.code(token.content, language) if language and language not in _NO_LANGUAGE else None
        if body is None:
            if language and language not in _NO_LANGUAGE:
                rendering.source.add(
                    "code-language",
                    f"code in an unknown language '{language}' is not coloured",
                    line=(token.map or [0])[0] + rendering.source.first_line,
                    hint=did_you_mean(language, highlight.languages()),
                    severity="hint",
                )
            body = escape(token.content, quote=False)
        named = f' data-language="{escape(language)}"' if language else ""
        return (
            rendering.slot(f'<div class="code"{named}><pre tabindex="0"><code>{body}</code></pre></div>', block=True)
            + "\n"
        )

    def code_block(self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: EnvType) -> str:
        body = escape(tokens[idx].content, quote=False)
        return f'<div class="code"><pre tabindex="0"><code>{body}</code></pre></div>\n'

    def table_open(self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: EnvType) -> str:
        return '<div class="table" role="group" aria-label="Table" tabindex="0"><table>\n'

    def table_close(self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: EnvType) -> str:
        return "</table></div>\n"

    def th_open(self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: EnvType) -> str:
        return f'<th scope="col"{_alignment(tokens[idx])}>'

    def td_open(self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: EnvType) -> str:
        return f"<td{_alignment(tokens[idx])}>"

    def task_box(self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: EnvType) -> str:
        done = tokens[idx].info == "done"
        return f'<span class="box {"done" if done else "open"}" role="img" aria-label="{"done" if done else "to do"}"></span> '

    def admonition_open(self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: EnvType) -> str:
        return f'<div class="admonition {tokens[idx].info}" role="note">\n'

    def admonition_close(self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: EnvType) -> str:
        return "</div>\n"

    def admonition_title_open(self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: EnvType) -> str:
        return '<p class="admonition-title">'

    def admonition_title_close(self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: EnvType) -> str:
        return "</p>\n"

    def details_open(self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: EnvType) -> str:
        token = tokens[idx]
        return (
            f"<details{' open' if token.meta['open'] else ''}><summary>{escape(token.content, quote=False)}</summary>\n"
        )

    def details_close(self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: EnvType) -> str:
        return "</details>\n"

    def footnote_ref(self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: EnvType) -> str:
        number, again = tokens[idx].meta["id"] + 1, tokens[idx].meta.get("subId", 0)
        name = f"fnref{number}" + (f"-{again}" if again else "")
        return (
            f'<sup class="footnote-ref"><a href="#fn{number}" id="{name}" role="doc-noteref" '
            f'aria-label="Footnote {number}">{number}</a></sup>'
        )

    def footnote_block_open(self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: EnvType) -> str:
        return '<section class="footnotes" role="doc-endnotes" aria-label="Footnotes">\n<ol>\n'

    def footnote_block_close(self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: EnvType) -> str:
        return "</ol>\n</section>\n"

    def footnote_open(self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: EnvType) -> str:
        return f'<li id="fn{tokens[idx].meta["id"] + 1}">'

    def footnote_close(self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: EnvType) -> str:
        return "</li>\n"

    def footnote_anchor(self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: EnvType) -> str:
        number, again = tokens[idx].meta["id"] + 1, tokens[idx].meta.get("subId", 0)
        name = f"fnref{number}" + (f"-{again}" if again else "")
        return f' <a class="footnote-back" href="#{name}" role="doc-backlink" aria-label="Back to the text">↩</a>'

    def html_inline(self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: EnvType) -> str:
        return _raw(tokens[idx], env)

    def html_block(self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: EnvType) -> str:
        return _raw(tokens[idx], env)


def _alignment(token: Token) -> str:
    side = str(token.attrs.get("style", "")).removeprefix("text-align:")
    return f' class="{side}"' if side in ("left", "right", "center") else ""


def _picture(rendering: Rendering, target: str, alt: str, line: int, attributes: str) -> str:
    """A picture beside the page, or its words where there is none to show."""
    if _REMOTE.match(target):
        rendering.source.add(
            "picture-remote",
            "a picture from another site is not loaded by a reader's browser",
            line=line,
            hint="save it beside the page",
        )
    source = rendering.host.link(target, line) if target and not _REMOTE.match(target) else ""
    if not source:
        return f'<span class="problem">{escape(alt or target or "picture", quote=False)}</span>'
    return f'<img src="{escape(source)}" alt="{escape(alt)}"{attributes} loading="lazy">'


def _reference(rendering: Rendering, token: Token) -> tuple[str, str]:
    """`(href, words)` of `` {ref}`name` ``, on this page or elsewhere in the study."""
    name = token.content
    for candidate in (
        name,
        anchors.slug(name),
        name.removeprefix("fig-"),
        name.removeprefix("table-"),
        name.removeprefix("eq-"),
    ):
        if candidate in rendering.page.labels:
            anchor, words = rendering.page.labels[candidate]
            return f"#{anchor}", words
    return rendering.host.reference(name, rendering.place(token)[0])


def _formula(rendering: Rendering, tex: str, line: int, column: int, *, display: bool) -> str:
    try:
        return rendering.slot(maths.to_mathml(tex, display=display))
    except maths.FormulaError as error:
        rendering.source.add("maths", f"the formula cannot be drawn: {error}", line=line, column=column)
        return f'<code class="problem">{escape(tex, quote=False)}</code>'


def _raw(token: Token, env: EnvType) -> str:
    """Raw HTML of a trusted page: what may not run is taken out and named."""
    rendering: Rendering = env["rendering"]
    line = token.map[0] + rendering.source.first_line if token.map else rendering.place(token)[0]
    html, removed = sanitise.fragment(
        token.content,
        lambda tag, url: url if _REMOTE.match(url) or url.startswith("#") else rendering.host.link(url, line),
    )
    for what in dict.fromkeys(removed):
        rendering.source.add(
            "html-removed",
            f"'{what}' is left out: pages run no scripts and hold no styles of a text's own, and load nothing from elsewhere",
            line=line,
            severity="warning",
        )
    return html
