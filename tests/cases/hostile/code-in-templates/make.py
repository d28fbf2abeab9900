"""Templates that reach for the system, in every file and by every way that Jinja's sandbox alone leaves open."""

from pathlib import Path


def make(study: Path, outside: Path, ran: Path) -> None:
    theme = study / "content/theme/templates"
    theme.mkdir(parents=True)
    way = f"paths.posixpath.os.system('touch {ran}')"
    (theme / "base.html").write_text("{{ " + way + " }}")
    (theme / "page.html").write_text("{{ ''.__class__.__mro__[1].__subclasses__() }}")
    (theme / "report.html").write_text(f"{{{{ assets.theme.joinpath('{outside}/secret.txt').read_text() }}}}")
    (theme / "list.html").write_text(f"{{{{ assets.source('css', '{outside}/secret.txt') }}}}")
    (theme / "run.html").write_text(f"{{% include '{outside}/secret.txt' %}}")
    (theme / "home.html").write_text(
        "{{ self._TemplateReference__context }}{{ cycler.__init__.__globals__.os.system('touch " + str(ran) + "') }}"
    )
