"""`serve`: the site while it is being written."""

from __future__ import annotations

import os
import threading
from typing import TYPE_CHECKING, Annotated

import typer

from llmxsite.base.diagnostics import Issues
from llmxsite.cli.terminal import err, out, print_issues, study_here

if TYPE_CHECKING:
    from llmxsite.press.serve.server import Preview


def register(app: typer.Typer) -> None:
    app.command("serve", epilog="Example: llmxsite serve --port 8000 --open")(serve)


def serve(
    port: Annotated[
        int | None, typer.Option("--port", min=1, max=65535, help="Port; the first free one from 8000 when not given.")
    ] = None,
    host: Annotated[
        str,
        typer.Option("--host", help="Address to listen on. Others than this machine's own are open to the network."),
    ] = "127.0.0.1",
    base: Annotated[str, typer.Option("--base", help="Path the site will live under, such as /my-repository/.")] = "/",
    open_browser: Annotated[bool, typer.Option("--open", help="Open it in the browser.")] = False,
) -> None:
    """Build the site, serve it, and build it again when something changes. Ctrl-C stops."""
    from llmxsite.press.serve import live
    from llmxsite.press.serve.server import Preview, Server, check_base, listen
    from llmxsite.press.site.build import build
    from llmxsite.study.study import Study

    study = study_here()
    folder = study.site.resolve()
    preview = Preview(folder)
    path = check_base(base)
    server = listen(lambda number: Server(preview, host, number, path), port, host)

    def make(issues: Issues) -> None:
        build(Study(study.root), folder, issues=issues, jobs=os.cpu_count() or 1)

    stop = threading.Event()
    try:
        before = live.state(study)
        issues = live.rebuild(preview, make)
        _tell(issues, preview)
        server.start()
        out().print(f"Serving {server.url}  (Ctrl-C stops)", markup=False)
        if open_browser:
            import webbrowser

            webbrowser.open(server.url)
        live.follow(study, preview, make, lambda names, found: _changed(names, found, preview), stop, before)
    except KeyboardInterrupt:
        pass
    finally:
        stop.set()
        server.close()
    err().print("Stopped.")


def _changed(names: list[str], issues: Issues, preview: Preview) -> None:
    more = f" and {len(names) - 3} more" if len(names) > 3 else ""
    out().print(f"Changed: {', '.join(names[:3])}{more}", markup=False)
    _tell(issues, preview)


def _tell(issues: Issues, preview: Preview) -> None:
    print_issues(issues)
    if preview.failed:
        kept = "the site stays as it was" if preview.good else "there is nothing to show yet"
        err().print(f"The build failed; {kept}.", markup=False)
