"""Pages of the site, each by what it has to show: home, run, model card, suite, gallery, compare, drift."""

from __future__ import annotations

import re
from html import unescape
from pathlib import Path

import msgspec
import pytest

from llmxsite.exchange.engine.protocol import ModelInfo, Timing
from llmxsite.log.record import Fault, Sample
from llmxsite.press.catalogue.known_models import families, known
from llmxsite.press.numbers.moments import MOST, Moments
from llmxsite.press.site.pages.overview import course
from llmxsite.press.site.sketch.grid import Band, Cell, grid, ordered
from llmxsite.press.site.sketch.items import Point, scatter
from llmxsite.press.site.sketch.thumbnail import thumbnail
from llmxsite.study.study import Study


@pytest.fixture(scope="module")
def site(site_study_built: tuple[Study, Path]) -> Path:
    return site_study_built[1]


def text(site: Path, address: str) -> str:
    return (site / address).read_text(encoding="utf-8")


def words(html: str) -> str:
    return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]+>", " ", html)))


def part(html: str, heading: str) -> str:
    """From the heading with this id to the end of its section."""
    return html[html.index(f'id="{heading}"') :].split("</section>", 1)[0]


def sample(at: str | None, ms: float = 500.0, *, failed: bool = False, load: float = 0.0) -> Sample:
    fault = {"error": Fault(kind="timeout", message="no answer")} if failed else {}
    return Sample(
        key=str(at),
        item="i",
        item_hash="h",
        condition={},
        outcome="error" if failed else "ok",
        timing=Timing(total_ms=ms, load_ms=load),
        time=at,
        **fault,
    )


def test_home_opens_with_the_main_report_its_finding_and_its_first_figure(site: Path) -> None:
    html = text(site, "index.html")
    opening = part(html, "main-finding")
    assert html.index('id="main-finding"') < html.index('id="findings"')
    assert re.search(r'<img src="figures/[^"]+\.svg" alt="[^"]+" width="\d+" height="\d+"', opening)
    assert 'class="sentence"' in opening
    assert html.count('class="thumb"') >= 1


def test_a_run_shows_its_grid_before_its_tables(site: Path) -> None:
    runs = [p for p in (site / "runs").glob("*/*/index.html") if "By category" in p.read_text(encoding="utf-8")]
    assert runs
    for page in runs:
        html = page.read_text(encoding="utf-8")
        assert html.index('class="heat') < html.index("By category")
        assert '<details class="fold" id="categories">' in html
        assert "fewer than ten answers" in html or 'class="num few"' not in html


def test_a_card_opens_with_a_profile_of_one_setting_and_says_in_one_line_what_nobody_stated(site: Path) -> None:
    cards = list((site / "models").glob("*.html"))
    shown = [c for c in cards if c.name != "index.html" and 'id="profile"' in c.read_text(encoding="utf-8")]
    assert shown
    for card in shown:
        html = card.read_text(encoding="utf-8")
        assert html.index('id="profile"') < html.index('id="details"')
        assert html.count("Nobody has stated") + html.count("every section has something to say") == 1
        assert "A person should say" not in html
        assert 'class="hint preview-only" hidden' in html or "Nobody has stated" not in html


def test_a_suite_shows_how_hard_its_items_were_and_why_no_discrimination(site: Path) -> None:
    pages = [p for p in (site / "suites").glob("*/index.html") if 'id="hardness"' in p.read_text(encoding="utf-8")]
    assert pages
    for page in pages:
        html = page.read_text(encoding="utf-8")
        assert "needs ten models" in part(html, "hardness")
        assert "item-rest" not in part(html, "hardness")
        assert 'value="rest"' not in html
        assert re.search(r'data-share="[01]\.\d+"', html)


def test_the_gallery_has_a_thumbnail_a_figure_without_words_and_a_filter(site: Path) -> None:
    html = text(site, "figures/index.html")
    pictures = re.findall(r'<img src="([^"]+-thumb-[^"]+\.svg)"', html)
    assert len(pictures) == html.count("<li data-kind=")
    for picture in pictures:
        assert "<text" not in text(site, f"figures/{picture}")
    kinds = set(re.findall(r'<li data-kind="([^"]+)"', html))
    offered = set(re.findall(r'name="kind" value="([^"]+)"', html))
    assert offered == (kinds if len(kinds) > 1 else set())


def test_compare_offers_every_level_of_a_report_and_knows_the_pages_there_are(site: Path) -> None:
    html = text(site, "compare/index.html")
    choices = msgspec.json.decode(unescape(re.search(r'data-chooser="([^"]+)"', html)[1]))  # type: ignore[index]
    assert choices
    for choice in choices:
        keys = {key for _, options in choice["groups"] for key, _, _ in options}
        for pair, target in choice["pages"].items():
            assert set(pair.split("|")) <= keys
            assert (site / "compare" / target).resolve().is_file()
    assert " – to –" not in words(html)


def test_a_figures_words_say_what_its_caption_does_not(site: Path) -> None:
    for page in (site / "figures").glob("*.html"):
        html = page.read_text(encoding="utf-8")
        caption = re.search(r"<figcaption>(.*?)</figcaption>", html, re.S)
        said = re.search(r'id="words">In words</h2><p class="measure">(.*?)</p>', html, re.S)
        if caption and said:
            sentences = re.split(r"(?<=[.!?]) +", words(said[1]).strip())
            assert not [s for s in sentences if s in words(caption[1])]


def test_time_that_no_sample_took_is_a_pause_and_is_cut_out() -> None:
    moments = Moments()
    moments.add(sample("2026-01-01T10:00:01Z", 1000, load=4000))
    moments.add(sample("2026-01-01T10:00:02Z", 1000))
    moments.resume()
    moments.add(sample("2026-01-01T13:00:00Z", 1000, failed=True))
    moments.add(sample(None))
    moments.add(sample("yesterday"))
    assert [round(length) for _, length in moments.stops] == [10_797]
    assert moments.worked == pytest.approx(3)
    assert (len(moments.loads), len(moments.resumes)) == (1, 1)
    assert (sum(s.n for s in moments.slices), sum(s.failed for s in moments.slices)) == (3, 1)


def test_a_long_run_has_as_many_slices_as_a_picture_holds() -> None:
    moments = Moments()
    for second in range(5000):
        hour, rest = divmod(second, 3600)
        moments.add(sample(f"2026-01-01T{10 + hour}:{rest // 60:02d}:{rest % 60:02d}Z", 900))
    assert len(moments.slices) <= MOST
    assert sum(s.n for s in moments.slices) == 5000


def test_a_course_says_in_words_what_it_draws() -> None:
    moments = Moments()
    for second in range(50):
        moments.add(sample(f"2026-01-01T10:00:{second:02d}Z", 900, failed=second == 7))
    moments.add(sample("2026-01-01T11:00:50Z", 1000))
    found = course(moments)
    assert found is not None
    assert found.note.startswith("51 samples in 51 s of work; ")
    assert "1 error" in found.note and "stood still once, for 60 min in all" in found.note
    assert f'aria-label="Over time: {found.note}"' in found.drawing
    assert 'class="key failed"' in found.drawing and 'class="key load"' not in found.drawing


def test_samples_that_all_have_one_time_have_no_course() -> None:
    moments = Moments()
    for _ in range(20):
        moments.add(sample("2026-01-01T10:00:00Z", 400))
    assert course(moments) is None


def test_a_point_of_the_items_leads_to_its_item_and_below_zero_looks_other() -> None:
    drawn = scatter([Point("a<b", 0.25, 0.5, "#item-a"), Point("c", 0.75, -0.5, "#item-c")], "two items")
    assert drawn.count("<a href=") == 2
    assert 'cx="37.5" cy="25.0"' in drawn and 'class="dot other" cx="112.5" cy="75.0"' in drawn
    assert "a<b" not in drawn


def test_rows_with_few_answers_are_put_in_no_order() -> None:
    def row(name: str, share: float, n: int) -> tuple[str, list[Cell | None]]:
        return name, [Cell(share, None, None, n)]

    rows = [row("a", 0.1, 20), row("b", 0.9, 2), row("c", 0.8, 20), row("d", 1.0, 3)]
    assert [name for name, _ in ordered(rows)] == ["c", "a", "b", "d"]


def test_names_of_models_and_categories_in_a_grid_are_text() -> None:
    html = grid("x", ["<b>m</b>"], [Band("<i>", [("<script>", [Cell(0.5, 0.2, 0.8, 12, "a?b=1&c=2")])])], "l")
    assert "<script>" not in html and "<b>m" not in html and "<i>" not in html
    assert 'href="a?b=1&amp;c=2"' in html


def test_a_thumbnail_keeps_marks_and_leaves_out_words() -> None:
    drawn = (
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 200 100"><title>t</title><g transform="translate(40,10)">'
        '<path class="background" d="M0,0h100v50h-100Z"/><g class="mark-group role-axis"><text>axis</text></g>'
        '<g class="mark-rect role-mark"><path d="M5,5h10v20h-10Z" fill="#123456"/></g>'
        '<g class="mark-rule role-mark"><line transform="translate(20,10)" x2="30" y2="0" stroke="#654321"/></g>'
        '<g class="mark-symbol role-mark key_0_marks"><path transform="translate(90,-30)" d="M5,0A5,5,0,1,1,-5,0Z" fill="#abcdef"/></g>'
        "</g></svg>"
    )
    cut = thumbnail(drawn)
    assert cut is not None
    assert "axis" not in cut and "#123456" in cut
    assert 'viewBox="41 11 53 28"' in cut, "around its marks, with four pixels to spare"
    assert "#abcdef" not in cut, "a key says nothing without its words"
    assert thumbnail('<svg xmlns="http://www.w3.org/2000/svg"><circle r="1"/></svg>') is None


def test_every_fact_of_the_catalogue_has_the_page_of_its_publisher() -> None:
    assert len(families()) >= 10
    for family in families():
        assert family.source.startswith("https://") and family.sizes
        assert family.paper is None or family.paper.startswith("https://arxiv.org/abs/")
        for size in family.sizes.values():
            assert (size.source or family.source).startswith("https://")
            assert size.parameters > 1_000_000
            assert re.fullmatch(r"\d{4}(-\d\d(-\d\d)?)?", size.released or family.released or "2024")


def test_no_two_families_of_the_catalogue_have_a_name_in_common() -> None:
    names = [name for family in families() for name in family.names]
    assert len(names) == len(set(names))


@pytest.mark.parametrize(
    "name", ["smollm2:135m", "smollm2:135m-instruct-q4_K_M", "SmolLM2:135m", "smollm2", "smollm2:latest"]
)
def test_a_model_as_its_publisher_named_it_is_known(name: str) -> None:
    found = known(ModelInfo(name=name, family="llama", parameters=134_515_008))
    assert found is not None
    assert found.developer == "Hugging Face"


@pytest.mark.parametrize(
    ("name", "family", "parameters"),
    [
        ("smollm2:135m-pirate", "llama", 134_515_008),  # a tag of its own: a fine-tune
        ("somebody/smollm2:135m", "llama", 134_515_008),  # somebody's
        ("hf.co/somebody/smollm2:135m", "llama", 134_515_008),
        ("smollm2-tuned:135m", "llama", 134_515_008),
        ("smollm2:135m", "gemma3", 134_515_008),  # another architecture under the name
        ("smollm2:135m", "llama", 361_821_120),  # another size
        ("smollm2:135m", "llama", None),  # size not told
        ("smollm2:135m", None, 134_515_008),
        ("smollm2:9b", "llama", 9_000_000_000),
    ],
)
def test_what_may_be_another_model_gets_no_facts(name: str, family: str | None, parameters: int | None) -> None:
    assert known(ModelInfo(name=name, family=family, parameters=parameters)) is None
