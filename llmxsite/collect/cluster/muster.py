"""Finding the machines of a cluster: an open station on each worker, or why there is none."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from llmxsite.base.diagnostics import Issue, Problem, several
from llmxsite.collect.cluster.dask import Cluster
from llmxsite.collect.cluster.machine import Found
from llmxsite.exchange.engine.protocol import EngineError


class Muster:
    """The workers of a cluster, each asked once. `found` has those with an engine, `refused` why others take no part."""

    def __init__(self, cluster: Cluster, name: str, host: str | None, width: int, contexts: dict[str, int]) -> None:
        self._cluster, self._orders, self._contexts = cluster, (name, host, width), contexts
        self.found: list[Found] = []
        """One a machine, the first that answered there."""
        self.refused: dict[str, str] = {}
        """In words, by the worker's address as Dask has it."""
        self.coming: set[asyncio.Task[Found | tuple[str, str]]] = set()
        """Workers that are being asked while the run goes on."""
        self._asked: dict[str, tuple[str | None, str | None] | None] = {}
        """Workers that are there, and the place of those left out because their machine takes part already."""

    async def call(self, say: Callable[[str], None]) -> None:
        """Ask every worker that is there now. Raises `Problem` (`cluster-empty`, `cluster-machine`) where none has an engine."""
        workers = await self._cluster.wait()
        say(f"asking {several(len(workers), 'worker')}, and loading the models there")
        for answer in await asyncio.gather(*(self._ask(address) for address in workers)):
            self._keep(answer)
        if not self.found:
            raise Problem(
                *(
                    Issue(path=address, code="cluster-machine", message=f"left out: {why}")
                    for address, why in self.refused.items()
                )
            )

    async def look(self) -> set[str] | None:
        """The workers that are there, asking those that are new; None when the scheduler does not say."""
        try:
            there = set(await self._cluster.workers())
        except OSError:
            return None
        for address in self._asked.keys() - there:
            del self._asked[address]
        self.found = [one for one in self.found if one.address in there]
        places = {one.place for one in self.found}
        for address in there:
            spare = self._asked.get(address)
            if address not in self._asked or (spare is not None and spare not in places):
                self._asked[address] = None
                self.coming.add(asyncio.create_task(self._ask(address)))
        return there

    def came(self) -> list[Found]:
        """Machines that were being asked and have answered since."""
        ended = {task for task in self.coming if task.done()}
        self.coming -= ended
        return [one for one in (self._keep(task.result()) for task in ended) if one is not None]

    def leave(self) -> None:
        """Ask nobody any more."""
        for task in self.coming:
            task.cancel()
        self.coming.clear()

    def _keep(self, answer: Found | tuple[str, str]) -> Found | None:
        if not isinstance(answer, Found):
            address, why = answer
            self.refused[address] = why
            return None
        first = next((one for one in self.found if one.place == answer.place), None)
        if first is not None:
            self.refused[answer.address] = f"the engine is that of {first.address}: one worker an engine is enough"
            self._asked[answer.address] = answer.place
            self._cluster.release(answer.remote)
            return None
        self.refused.pop(answer.address, None)
        self.found.append(answer)
        return answer

    async def _ask(self, address: str) -> Found | tuple[str, str]:
        """What a worker's station finds; the address and, in words, why there is no engine."""
        self._asked[address] = None
        remote = None
        try:
            if (why := await self._cluster.unlike(address)) is not None:
                return address, why
            remote = await self._cluster.station(address, *self._orders)
            return Found(address, remote, await remote.open(self._contexts))
        except OSError:
            why = "it has gone"
        except EngineError as error:
            why = str(error)
        if remote is not None:
            self._cluster.release(remote)
        return address, why
