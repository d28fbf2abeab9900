"""Templates of a study: they show what they are given, reach for nothing, and end."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import pytest
from jinja2 import UndefinedError

from llmxsite.base.diagnostics import Issues
from llmxsite.press.catalogue import addresses
from llmxsite.press.site.guard import GuardError, checked
from llmxsite.press.site.themes import Templates

POLICY = "default-src 'none'"


@pytest.fixture
def templates(tmp_path: Path) -> Path:
    folder = tmp_path / "content/theme/templates"
    folder.mkdir(parents=True)
    return folder


def rendered(templates: Path, text: str) -> tuple[str, list[str]]:
    """What the study's `fault.html` gives, and what is said of it."""
    (templates / "fault.html").write_text(text, encoding="utf-8")
    (templates / "base.html").write_text("{% block main %}{% endblock %}", encoding="utf-8")
    issues = Issues()
    made = Templates(templates.parents[2], None, issues)
    try:
        html = made.render("fault.html", paths=addresses, title="T", reason="R", place=templates, words=["a", "b"])
    except UndefinedError:  # of the package's own, which stands in for it and is not given all that it shows
        html = ""
    return html, [i.message for i in issues]


@pytest.mark.parametrize(
    "text",
    [
        "{{ words|join(', ') }} {{ title|upper }} {{ 0.5|percent }} {{ '%.2f'|format(0.5) }}",
        "{% for w in words %}{{ loop.index }}/{{ loop.length }} {{ w ~ '!' }}{% if not loop.last %},{% endif %}{% endfor %}",
        "{% macro m(x) %}<b>{{ x }}</b>{% endmacro %}{{ m('a') }}{% set y %}z{% endset %}{{ y }}",
        "{{ paths.report('a') }} {{ place.name }} {{ {'a': 1}.items()|list }} {{ 'a,b'.split(',') }}",
    ],
)
def test_what_templates_are_for_works(templates: Path, text: str) -> None:
    html, said = rendered(templates, text)
    assert said == [] and html


@pytest.mark.parametrize(
    "text",
    [
        "{{ ''.__class__.__mro__ }}",
        "{{ paths.posixpath.os.system('true') }}",
        "{{ paths.Path('/etc/passwd').read_text() }}",
        "{{ place.read_text() }}",
        "{{ place.parent.iterdir()|list }}",
        "{{ paths.re }}",
        "{{ cycler.__init__.__globals__ }}",
        "{{ words.append('x') }}",
        "{{ lipsum(n=1000000) }}",
        "{{ self.__init__ }}",
        "{% include '/etc/passwd' %}",
        "{% include '../../site.yaml' %}",
        "{% for a in range(99999) %}{% for b in range(99999) %}{% endfor %}{% endfor %}",
        "{% set ns = namespace(x='aaaaaaaaaa') %}{% for i in range(40) %}{% set ns.x = ns.x ~ ns.x %}{% endfor %}",
        "{% set ns = namespace(x='aaaaaaaaaa') %}{% for i in range(40) %}{% set ns.x %}{{ ns.x }}{{ ns.x }}{% endset %}{% endfor %}",
        "{{ 'a' * 1000000000 }}",
        "{{ 9 ** 9 ** 9 }}",
        "{{ '%999999999d'|format(1) }}",
        "{{ 'a'|center(999999999) }}",
        "{{ 'a'.ljust(999999999) }}",
        "{{ 'a'.zfill(999999999) }}",
        "{{ '{:>999999999}'.format(1) }}",
        "{% macro m(n) %}{{ m(n) }}{% endmacro %}{{ m(1) }}",
        "{% extends 'fault.html' %}",
        "{{ nowhere }}",
        "{{ 1/0 }}",
        "{% if %}",
    ],
)
def test_what_they_are_not_for_is_refused(templates: Path, text: str) -> None:
    html, said = rendered(templates, text)
    assert said and html == ""


def test_a_mistake_is_said_with_its_line(templates: Path) -> None:
    (templates / "fault.html").write_text("\n\n{% if %}", encoding="utf-8")
    issues = Issues()
    made = Templates(templates.parents[2], None, issues)
    with pytest.raises(UndefinedError):  # of the package's own, which is not given what it shows
        made.render("fault.html")
    (issue,) = issues
    assert (Path(issue.path).name, issue.line, issue.code) == ("fault.html", 3, "template")


PAGE = "<!doctype html>\n<html><head>{head}</head><body>{body}</body></html>"


@pytest.mark.parametrize(
    ("head", "body"),
    [
        ("", "<script>alert(1)</script>"),
        ("", "<script src='https://evil.example/x.js'></script>"),
        ("", "<script src='../../content/x.js'></script>"),
        ("", "<script src='../../../../x.js'></script>"),
        ("", "<script src='/x.js'></script>"),
        ("", "<p onclick='alert(1)'>x</p>"),
        ("", "<iframe src='x.html'></iframe>"),
        ("", "<a href='javascript:alert(1)'>x</a>"),
        ("", "<a href='java\tscript:alert(1)'>x</a>"),
        ("", "<img src='https://evil.example/x.png'>"),
        ("", "<svg><use href='https://evil.example/x.svg#a'/></svg>"),
        ("<base href='https://evil.example/'>", ""),
        ("<meta http-equiv='refresh' content='0;url=https://evil.example/'>", ""),
        ("<link rel=stylesheet href='//evil.example/x.css'>", ""),
        ("</head><head>", ""),
    ],
)
def test_a_page_that_runs_or_loads_something_is_not_published(head: str, body: str) -> None:
    with pytest.raises(GuardError):
        checked(PAGE.format(head=head, body=body), POLICY, "reports/t/index.html")


def test_a_page_gets_the_policy_that_its_template_left_out() -> None:
    html = checked(
        PAGE.format(head="<title>T</title>", body="<script src='../../assets/site-1.js'></script>"),
        POLICY,
        "reports/t/index.html",
    )
    assert html.index("Content-Security-Policy") < html.index("<title>")


def test_the_sandbox_is_given_nothing_with_files_behind_it() -> None:
    from llmxsite.press.site.sandbox import Sandbox

    class Assets(SimpleNamespace):
        pass

    env = Sandbox()
    assert not env.is_safe_attribute(Assets(source=1), "source", 1) and env.is_safe_attribute(
        Assets(style=1), "style", "x"
    )
