"""The child process of the embedded engine: `python -m llmxsite.exchange.engine.child`, never run by hand.

It reads one line of JSON from its standard input (`Orders`), starts llama.cpp's server on a free port of the loopback
address, and answers with one line (`Ready`). It ends when its standard input does: a parent that is killed takes it
along.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
from pathlib import Path

import msgspec


class Orders(msgspec.Struct):
    """What to load and how."""

    path: str
    num_ctx: int
    """Context of each slot."""
    slots: int
    """Requests served at once."""
    embed: bool = False


class Ready(msgspec.Struct):
    """The server's address, or why there is none."""

    address: str | None = None
    error: str | None = None


def main() -> None:
    """Serve until standard input ends."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the parent's to handle: it finishes the line in hand
    answers = os.fdopen(os.dup(1), "wb", buffering=0)
    os.dup2(2, 1)  # whatever the library prints goes beside the answers, not between them
    orders = msgspec.json.decode(sys.stdin.buffer.readline(), type=Orders)
    ended = threading.Event()
    threading.Thread(target=_wait_for_end, args=(ended,), daemon=True).start()
    try:
        server = _serve(orders)
    except Exception as error:
        answers.write(msgspec.json.encode(Ready(error=str(error) or type(error).__name__)) + b"\n")
        return
    answers.write(msgspec.json.encode(Ready(address=server.listening_address)) + b"\n")
    ended.wait()
    os._exit(0)  # the server's threads have nothing to save


def _wait_for_end(ended: threading.Event) -> None:
    while os.read(0, 4096):
        pass
    ended.set()
    # While the model loads, the main thread cannot notice.
    os._exit(0)


def threads() -> int:
    """Threads to compute with: LLMXSITE_THREADS, or about one a physical core, and one core left for all else.

    llama.cpp's threads wait for each other by spinning: where another program holds one of the cores, as many threads as
    cores are ten times slower than one fewer (measured on two cores beside a build: 12 tokens a second against 65).
    """
    chosen = os.environ.get("LLMXSITE_THREADS", "")
    if chosen.isdecimal() and int(chosen) > 0:
        return int(chosen)
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return max(1, cores - 1 if cores <= 4 else cores // 2)


def _serve(orders: Orders):  # type: ignore[no-untyped-def] # xllamacpp has no types
    import xllamacpp

    params = xllamacpp.CommonParams()
    params.model.path = orders.path
    params.model_alias = {Path(orders.path).stem}  # the path itself is nobody's business
    params.n_parallel = orders.slots
    params.n_ctx = orders.num_ctx * orders.slots
    params.embedding = orders.embed
    if orders.embed:  # a text is read in one batch, or refused
        params.n_batch = params.n_ubatch = orders.num_ctx
    params.port = 0
    params.endpoint_props = True
    params.ui = False
    params.ctx_shift = False  # a reply that fills its context ends there, and says so
    params.cache_ram_mib = 0  # prompts are not reused: a reply depends on nothing before it
    params.verbosity = 0
    params.cpuparams.n_threads = params.cpuparams_batch.n_threads = threads()
    return xllamacpp.Server(params)


if __name__ == "__main__":
    main()
