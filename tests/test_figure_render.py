"""Figures as files: the same bytes every time, whole in themselves, and nothing cut off."""

from __future__ import annotations

import csv
import io
import json
import re
import subprocess
import sys
import xml.etree.ElementTree as ET

import pytest
from figure_samples import study
from test_figure_kinds import CASES, make

from llmxsite.press.figure import render
from llmxsite.press.figure.theme import THEMES, TOKENS, css_variables

SVG = "{http://www.w3.org/2000/svg}"


@pytest.mark.parametrize("kind", CASES)
@pytest.mark.parametrize("size", ["wide", "narrow"])
def test_a_picture_is_whole(kind, size):
    made = make(kind)
    text = render.svg(made, "auto", size)
    root = ET.fromstring(text)
    assert root.attrib["role"] == "img" and root.attrib["aria-label"] == made.alt
    assert root.find(f"{SVG}title").text == made.title
    assert float(root.attrib["width"]) == (720 if size == "wide" else 360)
    assert set(re.findall(r"var\(--([a-z0-9-]+)\)", text)) <= set(css_variables("light"))
    assert "url(http" not in text and "<script" not in text and "href=" not in text
    assert not re.search(r'fill="(?:#|rgb)', text), "a colour that is not a token"


@pytest.mark.parametrize("theme", THEMES)
def test_a_theme_is_nothing_but_colours(theme):
    made = make("heatmap")
    plain, themed = render.svg(made), render.svg(made, theme)
    assert "var(--" not in themed
    assert re.sub(r"var\(--[a-z0-9-]+\)|#[0-9a-f]{6}", "", plain) == re.sub(r"#[0-9a-f]{6}", "", themed)


def test_a_titled_picture_has_its_title_and_room():
    made = make("bars", options={"title": "A title that is long enough to be broken over two lines, " * 3})
    plain, titled = (ET.fromstring(render.svg(made, "light", titled=t)) for t in (False, True))
    assert float(titled.attrib["height"]) > float(plain.attrib["height"]) + 60
    said = " ".join(t.text for t in titled.find(f"{SVG}text"))
    assert said == " ".join(made.title.split())


def test_png_has_the_size_and_the_paper():
    from PIL import Image

    made = make("bars", options={})
    for theme in THEMES:
        image = Image.open(io.BytesIO(render.png(made, theme, scale=2))).convert("RGB")
        assert image.width == 1440
        assert "#{:02x}{:02x}{:02x}".format(*image.getpixel((1, 1))) == TOKENS[theme]["paper"]


def test_csv_is_the_table():
    made = make("heatmap")
    rows = list(csv.DictReader(io.StringIO(render.csv(made))))
    assert len(rows) == len(made.data)
    assert list(rows[0]) == [c.name for c in made.columns]
    missing = next(r for r in rows if r["n"] == "0")
    assert missing["accuracy"] == "" and missing["ci_low"] == ""


def test_a_spec_stands_alone():
    made = make("sweep")
    full = render.spec(made, "dark")
    text = json.dumps(full)
    assert "var(--" not in text.replace(json.dumps(full["datasets"]), "")
    assert set(full["datasets"]) == set(made.marks)
    assert "datasets" not in render.spec(made, "dark", with_data=False)
    assert '"url"' not in text and "http" not in text.replace(full["$schema"], "")
    assert made.spec["layer"] and "var(--" in json.dumps(made.spec), "the figure's own spec is left alone"


def test_two_figures_on_a_page_share_no_id():
    ids = []
    for name in ("one", "two"):
        text = render.svg(make("confidence", study(n=8)).__class__(**{**fields(make("sweep")), "id": name}))
        ids.append(set(re.findall(r'\bid="([^"]+)"', text)))
        assert all(i.startswith(f"{name}-") for i in ids[-1])
        assert set(re.findall(r"url\(#([^)]+)\)", text)) <= ids[-1]
    assert not ids[0] & ids[1]


def fields(made):
    return {name: getattr(made, name) for name in made.__struct_fields__}


def test_the_cache_gives_the_same_bytes(tmp_path):
    made = make("heatmap")
    first = render.svg(made, "light", cache=tmp_path)
    assert len(list(tmp_path.iterdir())) == 1
    assert render.svg(made, "light", cache=tmp_path) == first == render.svg(made, "light")
    assert render.svg(made, "dark", cache=tmp_path) != first
    assert len(list(tmp_path.iterdir())) == 1, "one drawing serves both themes"


@pytest.mark.slow
def test_another_process_draws_the_same_bytes(tmp_path):
    """Ids that count up within a process, sets, hashes of strings: none may reach a file."""
    code = (
        "import sys; sys.path.insert(0, 'tests')\n"
        "from test_figure_kinds import CASES, make\n"
        "from llmxsite.press.figure import render\n"
        "import hashlib\n"
        "kinds = list(CASES)[::int(sys.argv[1])]\n"
        "found = {k: hashlib.sha256((render.svg(make(k), 'light') + repr(render.spec(make(k), 'light'))).encode()).hexdigest() for k in kinds}\n"
        "print(sorted(found.items()))\n"
    )
    root = __file__.rsplit("/tests/", 1)[0]
    runs = [
        subprocess.run(
            [sys.executable, "-c", code, step],
            capture_output=True,
            text=True,
            check=True,
            cwd=root,
            env={"PYTHONHASHSEED": seed, "PYTHONPATH": root, "PATH": "/usr/bin:/bin"},
        ).stdout
        for step, seed in (("1", "1"), ("-1", "2"))
    ]
    assert runs[0] == runs[1] and len(runs[0]) > 100
