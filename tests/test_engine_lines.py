"""Streams cut into pieces anywhere come out whole; no line is longer than its limit."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from llmxsite.exchange.engine.lines import Events, Lines, TooLong, Values

line = st.binary(max_size=30).map(lambda b: b.replace(b"\n", b"").rstrip(b"\r"))


def cut(data: bytes, places: list[int]) -> list[bytes]:
    marks = sorted({0, len(data), *(place % (len(data) + 1) for place in places)})
    return [data[a:b] for a, b in itertools.pairwise(marks)]


@given(st.lists(line, max_size=12), line, st.sampled_from([b"\n", b"\r\n"]), st.lists(st.integers(0, 999), max_size=20))
def test_lines_come_out_whole(lines: list[bytes], rest: bytes, end: bytes, places: list[int]) -> None:
    reader = Lines(1000)
    data = b"".join(one + end for one in lines) + rest
    found = [one for chunk in cut(data, places) for one in reader.feed(chunk)]
    assert found == lines and reader.rest() == rest


@given(st.lists(st.integers(0, 999), max_size=20), st.integers(1, 40))
def test_a_line_over_the_limit_is_refused_wherever_it_is_cut(places: list[int], over: int) -> None:
    reader = Lines(50)
    assert reader.feed(b"x" * 50 + b"\n") == [b"x" * 50]
    with pytest.raises(TooLong):
        for chunk in cut(b"y" * (50 + over) + b"\n", places):
            reader.feed(chunk)


text = st.text(st.characters(exclude_characters="\r\n", exclude_categories=("Cs",)), max_size=20).map(str.encode)


@given(st.lists(st.lists(text, min_size=1, max_size=3), max_size=6), st.lists(st.integers(0, 999), max_size=20))
def test_events_come_out_whole(events: list[list[bytes]], places: list[int]) -> None:
    data = b""
    for event in events:
        data += b": ping\nevent: message\n" + b"".join(b"data: " + part + b"\n" for part in event) + b"\n"
    lines, reader = Lines(1000), Events()
    found = [one for chunk in cut(data, places) for one in reader.feed(lines.feed(chunk))]
    assert found == [whole for event in events if (whole := b"\n".join(event)).strip()]


def test_event_without_space_and_without_end() -> None:
    reader = Events()
    assert list(reader.feed([b"data:{}", b""])) == [b"{}"]
    assert list(reader.feed([b"data: {}"])) == [], "an event counts when its blank line has come"
    assert list(reader.rest()) == [b"{}"], "or the stream is over"


def test_what_keeps_a_connection_alive_is_no_event() -> None:
    reader = Events()
    assert list(reader.feed([b"data:", b"", b": ping", b"data: ", b"data:", b"", b"data: {}", b""])) == [b"{}"]
    assert reader.met and not reader.stray


def test_a_body_that_is_no_stream_is_kept_whole() -> None:
    reader = Events()
    assert list(reader.feed([b"{", b'  "choices": []', b"}"])) == []
    assert b"\n".join(reader.stray) == b'{\n  "choices": []\n}' and not reader.met


def test_a_value_over_several_lines_is_one() -> None:
    reader = Values()
    assert list(reader.feed([b"{", b' "done": true', b"}"])) == []
    assert list(reader.rest()) == [b'{\n "done": true\n}']
    reader = Values()
    assert list(reader.feed([b'{"a": 1}', b"", b"{", b'{"b": 2}'])) == [b'{"a": 1}', b"{", b'{"b": 2}']
    assert list(reader.rest()) == []
