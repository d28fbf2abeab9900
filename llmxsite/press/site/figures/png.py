"""PNGs of figures, for those who cannot show an SVG: made from the titled SVG, in processes beside the build.

A PNG costs a tenth of a second, and a page only needs its address, which the SVG's hash gives.
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import repeat

from llmxsite.base.memory import Cache, digest
from llmxsite.press.figure.render import pixels

SCALE = 2
"""Pixels to a CSS pixel."""
MANY = 12
"""From this many on, other processes are worth their start."""


def develop(pictures: Mapping[str, str], cache: Cache, jobs: int) -> dict[str, bytes]:
    """Address to SVG in, address to PNG out. What was made before comes from the cache."""
    from importlib.metadata import version

    made_with = version("vl-convert-python")
    names = {address: cache.name("png", [made_with, SCALE, digest(svg)]) for address, svg in pictures.items()}
    missing = [a for a, name in names.items() if cache.recall(name, bytes) is None]
    if jobs > 1 and len(missing) >= MANY:
        from concurrent.futures import ProcessPoolExecutor
        from multiprocessing import get_context

        with ProcessPoolExecutor(jobs, mp_context=get_context("spawn")) as pool:
            new = dict(
                zip(missing, pool.map(pixels, [pictures[a] for a in missing], repeat(SCALE), chunksize=4), strict=True)
            )
    else:
        new = {a: pixels(pictures[a], SCALE) for a in missing}
    for address, png in new.items():
        cache.keep(names[address], png)
    return {
        address: new[address] if address in new else cache.recall(name, bytes) or b"" for address, name in names.items()
    }
