"""The Dask cluster: who is there, with which software, and stations on the workers. The only module that knows Dask.

Dask brings the machines together, says who comes and goes, and carries calls to stations, which it calls actors. It is given no
tasks: a sample goes to whichever machine has room for it, and that is known here, where the samples are.
"""

from __future__ import annotations

import asyncio
import importlib.util
import logging
import platform
import pydoc
from typing import Any, Self

from llmxsite import __version__
from llmxsite.base.diagnostics import Problem
from llmxsite.collect.cluster.remote import Remote
from llmxsite.collect.cluster.station import Station
from llmxsite.exchange.engine.address import redact

CONNECT_SECONDS = 5
"""For the scheduler to answer, and after that for a first worker to be there."""
ANSWER_SECONDS = 30
"""For whatever is not a model's work."""
INSTALL = "pip install 'llmxsite[cluster]'"


class Cluster:
    """A Dask cluster at the address of its scheduler. An asynchronous context manager.

    Raises `Problem` (`cluster-extra`, `cluster-connection`, `cluster-version`) when it cannot be used.
    """

    def __init__(self, address: str) -> None:
        self._address = address
        self._client: Any = None
        self._held: dict[Remote, object] = {}
        """Futures of the stations: Dask keeps a station as long as its future is held."""

    async def __aenter__(self) -> Self:
        if importlib.util.find_spec("distributed") is None:
            raise Problem.at(
                "--cluster", "cluster-extra", "runs on a cluster need Dask, which is not installed", hint=INSTALL
            )
        from distributed import Client

        # Dask tells of every lost connection in the middle of the display; the machines' states say it.
        self._log = logging.getLogger("distributed")
        self._level = self._log.level
        self._log.setLevel(logging.CRITICAL)
        try:
            self._client = Client(self._address, asynchronous=True, timeout=CONNECT_SECONDS, name="llmxsite")
            await self._client
            await self._check_scheduler()
        except (OSError, ValueError, TypeError, RuntimeError, ImportError) as error:
            await self.__aexit__()
            raise self._unreachable(error) from None
        except BaseException:
            await self.__aexit__()
            raise
        return self

    async def __aexit__(self, *exc: object) -> None:
        self._held.clear()
        if self._client is not None:
            await self._client.close()
            self._client = None
        self._log.setLevel(self._level)

    async def workers(self) -> list[str]:
        """Addresses of the workers that are there, in order. Raises `OSError` when the scheduler has gone."""
        return sorted(await asyncio.wait_for(self._client.nthreads(), ANSWER_SECONDS))

    async def wait(self) -> list[str]:
        """Addresses of the workers, once there is one. Raises `Problem` (`cluster-empty`) when none comes."""
        try:
            await self._client.wait_for_workers(1, timeout=CONNECT_SECONDS)
        except TimeoutError:
            raise Problem.at(
                self.shown,
                "cluster-empty",
                "the scheduler has no workers",
                hint=f"start one on each machine that has an engine: dask worker {self.shown}",
            ) from None
        return await self.workers()

    async def unlike(self, address: str) -> str | None:
        """What keeps a worker from working with us, in words: other software than here; None when nothing does."""
        found = []
        for ask in (_PYTHON, _LLMXSITE):
            call = self._client.run(*ask, workers=[address], on_error="return")
            found.append((await asyncio.wait_for(call, ANSWER_SECONDS)).get(address))
        return _unlike(*found)

    async def station(self, address: str, name: str, host: str | None, width: int) -> Remote:
        """A station on a worker, not opened yet. Raises `OSError` when the worker has gone meanwhile."""
        future = self._client.submit(
            Station, name, host, width, actor=True, workers=[address], allow_other_workers=False, pure=False
        )
        remote = Remote(await asyncio.wait_for(future, ANSWER_SECONDS))
        self._held[remote] = future
        return remote

    def release(self, remote: Remote) -> None:
        """Let go of a station: it closes its engine."""
        self._held.pop(remote, None)

    @property
    def shown(self) -> str:
        """The scheduler's address as it may be shown."""
        return redact(self._address)

    async def _check_scheduler(self) -> None:
        said = [await self._client.run_on_scheduler(*ask) for ask in (_PYTHON, _LLMXSITE)]
        why = _unlike(*said)
        if why is not None:
            raise Problem.at(
                self.shown, "cluster-version", f"the scheduler {why}", hint=f"on its machine: {INSTALL}=={__version__}"
            )

    def _unreachable(self, error: Exception) -> Problem:
        if isinstance(error, OSError):
            return Problem.at(
                self.shown,
                "cluster-connection",
                "no Dask scheduler answers at this address",
                hint="start one with `dask scheduler`; it prints the address to give here",
            )
        return Problem.at(
            self.shown,
            "cluster-address",
            f"no Dask scheduler can be spoken to at this address: {redact(str(error))}",
            hint="it looks like tcp://192.168.0.10:8786, or tls://... with certificates in Dask's configuration",
        )


# Asked by functions of the standard library, which every worker has whatever else it lacks.
_PYTHON = (platform.python_version,)
_LLMXSITE = (pydoc.locate, "llmxsite.__version__")


def _unlike(python: object, llmxsite: object) -> str | None:
    """Why software does not fit ours: actors are code by name, so both ends must have the same.

    >>> _unlike(platform.python_version(), None)
    'has no llmxsite'
    """
    here = platform.python_version()
    if not isinstance(python, str):
        return "does not answer"
    if python.split(".")[:2] != here.split(".")[:2]:
        return f"has Python {python}; here it is {here}"
    if llmxsite is None:
        return "has no llmxsite"
    if llmxsite != __version__:
        return f"has llmxsite {llmxsite}; here it is {__version__}"
    return None
