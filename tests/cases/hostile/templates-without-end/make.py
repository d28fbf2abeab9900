"""Templates of a few lines that fill the day or the memory."""

from pathlib import Path


def make(study: Path, outside: Path, ran: Path) -> None:
    theme = study / "content/theme/templates"
    theme.mkdir(parents=True)
    loop = "{% for a in range(99999) %}{% for b in range(99999) %}{{ a }}{% endfor %}{% endfor %}"
    double = "{% set ns = namespace(x='aaaaaaaa') %}{% for i in range(64) %}{% set ns.x = ns.x ~ ns.x %}{% endfor %}"
    (theme / "home.html").write_text(loop)
    (theme / "report.html").write_text(double)
    (theme / "run.html").write_text("{{ 'a' * 10 ** 12 }}")
    (theme / "list.html").write_text("{{ 'a'|center(10 ** 12) }}{{ '%999999999d'|format(1) }}")
    (theme / "suite.html").write_text("{% extends 'suite.html' %}")
    (theme / "methods.html").write_text("{% macro m() %}{{ m() }}{{ m() }}{% endmacro %}{{ m() }}")
