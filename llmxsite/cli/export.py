"""`llmxsite export`: a study's figures and reports for other places."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from llmxsite.base.diagnostics import Issues, several
from llmxsite.cli.terminal import err, finish, study_here


class ThemeOption(StrEnum):
    """Which theme's pictures are written."""

    light = "light"
    dark = "dark"
    both = "both"


commands = typer.Typer(
    name="export",
    help="Write figures and reports for other places.",
    no_args_is_help=True,
    epilog="Example: llmxsite export figures temperature --format png,csv",
)


@commands.command("figures")
def figures(
    report: Annotated[
        str | None, typer.Argument(help="Report whose figures are written; all reports when not given.")
    ] = None,
    out: Annotated[Path, typer.Option("--out", help="Folder to write to.")] = Path("figures"),
    format: Annotated[  # noqa: A002 - it is the option's name
        str, typer.Option("--format", help="What is written, separated by commas: png, svg, csv, spec.")
    ] = "png,svg,csv",
    theme: Annotated[ThemeOption, typer.Option("--theme", help="Which pictures are written.")] = ThemeOption.both,
    hashed: Annotated[
        bool,
        typer.Option("--hashed", help="Put a hash of the content into each name, for places that cache by address."),
    ] = False,
) -> None:
    """Write the figures of a report as PNG, SVG, CSV and Vega-Lite, the same files that the site publishes.

    \b
    Example: llmxsite export figures
    Example: llmxsite export figures temperature --out /tmp/pictures --format png --theme light
    """
    from llmxsite.press.publish import pictures

    wanted = pictures.formats(format)
    themes = ("light", "dark") if theme is ThemeOption.both else (theme.value,)
    issues = Issues()
    written = pictures.export(
        study_here(), out, issues=issues, report=report, wanted=wanted, themes=themes, hashed=hashed
    )
    if written:
        err().print(f"{several(len(written), 'file')} written to {out}")
    finish(issues)


@commands.command("figure")
def figure(
    figure_id: Annotated[str, typer.Argument(metavar="ID", help="Figure: the name in its address.")],
    out: Annotated[Path | None, typer.Option("--out", help="Folder to write to; figures/ID when not given.")] = None,
    base_url: Annotated[
        str | None, typer.Option("--base-url", help="Address of the published site, over the one in site.yaml.")
    ] = None,
) -> None:
    """Write one figure for anywhere: PNG and SVG in both themes, CSV, Vega-Lite, Altair code, a post, HTML to embed, a citation.

    The post (ID.md) works before the site is public: drag the picture that lies beside it into the post.

    \b
    Example: llmxsite export figure temperature-accuracy
    Example: llmxsite export figure temperature-accuracy --out /tmp/post --base-url https://me.github.io/study
    """
    from llmxsite.press.publish import one_figure

    issues = Issues()
    folder, written = one_figure.export(study_here(), figure_id, out, issues=issues, base_url=base_url)
    err().print(f"{several(len(written), 'file')} written to {folder}")
    finish(issues)


@commands.command("discussion")
def discussion(
    report: Annotated[str, typer.Argument(help="Report to post.")],
    out: Annotated[Path | None, typer.Option("--out", help="File to write to; standard output when not given.")] = None,
    base_url: Annotated[
        str | None, typer.Option("--base-url", help="Address of the published site, over the one in site.yaml.")
    ] = None,
    whole: Annotated[
        bool,
        typer.Option("--whole", help="Every paragraph, however long the post gets; 800 words at most when not given."),
    ] = False,
) -> None:
    """Write a report as a post for GitHub Discussions. Its pictures are shown from the published site.

    Before the site is public, with --out, they are written beside the post, to be dragged into it.

    A long report is shortened by leaving paragraphs out, and the post says which. Parts that nobody has written yet are
    marked as to be written; nothing is made up.

    \b
    Example: llmxsite export discussion temperature --out post.md
    Example: llmxsite export discussion temperature --base-url https://me.github.io/study --whole | pbcopy
    """
    from llmxsite.press.publish import discussion as post

    issues = Issues()
    text = post.export(
        study_here(), report, issues=issues, base_url=base_url, whole=whole, beside=out.parent if out else None
    )
    if out is None:
        sys.stdout.write(text)
    else:
        out.write_text(text, encoding="utf-8", newline="\n")
        err().print(f"{len(text):,} characters written to {out}")
    finish(issues)


class Relationship(StrEnum):
    """How those who ran the models stand to those who made them, in the words of Every Eval Ever."""

    first_party = "first_party"
    third_party = "third_party"
    collaborative = "collaborative"
    other = "other"


@commands.command("every-eval-ever")
def every_eval_ever(
    reports: Annotated[
        list[str] | None,
        typer.Argument(metavar="[REPORT]...", help="Reports whose runs are written; all when not given."),
    ] = None,
    out: Annotated[Path, typer.Option("--out", help="Folder to write to; the records go to its `data/`.")] = Path(
        "every-eval-ever"
    ),
    organization: Annotated[
        str | None, typer.Option("--organization", help="Who provides the results; the study's title when not given.")
    ] = None,
    relationship: Annotated[
        Relationship,
        typer.Option(
            "--relationship",
            metavar="WORD",
            help="Of those who ran the models to those who made them: first_party, third_party, collaborative or other.",
        ),
    ] = Relationship.third_party,
    retrieved: Annotated[
        datetime | None,
        typer.Option(
            "--retrieved", formats=["%Y-%m-%d", "%Y-%m-%dT%H:%M:%S"], help="When (UTC), for logs that tell no time."
        ),
    ] = None,
) -> None:
    """Write runs in the format of Every Eval Ever, the EvalEval coalition's shared collection of evaluation results.

    Each run, model, condition and suite gives a record and a file of its samples, as the collection's folders have them.

    \b
    Example: llmxsite export every-eval-ever
    Example: llmxsite export every-eval-ever temperature size --out /tmp/records --organization "Lycée Ampère"
    """
    from llmxsite.press.publish import every_eval_ever as records

    issues = Issues()
    options = records.PublisherOptions(
        organization=organization,
        relationship=relationship.value,
        retrieved=retrieved.replace(tzinfo=UTC).isoformat() if retrieved else None,
    )
    written = records.export(study_here(), out, issues=issues, reports=reports or [], options=options)
    err().print(f"{several(len(written), 'record')} written to {out}")
    finish(issues)


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.add_typer(commands)
