"""`run --cluster`: a run on the machines of a Dask cluster, watched in the terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from llmxsite.base.diagnostics import several
from llmxsite.cli import collection
from llmxsite.cli.terminal import out

if TYPE_CHECKING:
    from llmxsite.base.diagnostics import Issues
    from llmxsite.collect.cluster.assembly import Assembled
    from llmxsite.collect.cluster.machine import Machine
    from llmxsite.collect.interrupt import Interrupts
    from llmxsite.collect.policy import Result
    from llmxsite.collect.session import Wish
    from llmxsite.collect.subject import Subject
    from llmxsite.log.record import Host
    from llmxsite.study.study import Study


def watch(
    about: Subject,
    wish: Wish,
    name: str,
    address: str,
    weights: list[str],
    interrupts: Interrupts,
    issues: Issues,
    study: Study,
) -> Result | None:
    """Make what is left on the machines that have the engine `name`, and say how it ended; None where nothing was left.

    Exits with 130 when interrupted.
    """
    again = " ".join(["llmxsite run", about.header.report, "--cluster", address, *(f"--weights {w}" for w in weights)])

    async def collect() -> Result | None:
        from contextlib import AsyncExitStack

        from llmxsite.collect.cluster.assembly import assemble
        from llmxsite.log.runlog import Clock

        with interrupts.watching():
            async with AsyncExitStack() as stack:
                assembled = await assemble(
                    stack,
                    about,
                    wish,
                    address=address,
                    weights=weights,
                    name=name,
                    root=study.root,
                    clock=Clock(),
                    say=collection.say,
                )
                _introduce(assembled)
                fleet, watched = assembled.fleet, collection.display()
                watched.machines = fleet.machines
                with watched:
                    paths, result = await fleet.collect(watched, started=lambda f: interrupts.finish_with(f.stop))
                logs = ", ".join(collection.place(path, study) for path in paths)
                if result is None:
                    words = f"Everything is done: {logs} hold all {fleet.workload.planned:,} samples."
                    out().print(words, markup=False, soft_wrap=True)
                    out().print("A new run begins with --new.")
                    return None
                watched.summary()
                if result.reason == "interrupted":
                    collection.interrupted(logs, again)
                else:
                    issues.extend(result.issues)
                    collection.done(result, logs, about.header.report, again, issues)
                return result

    return collection.finished(collect())


def _introduce(assembled: Assembled) -> None:
    """The machines, what keeps others out, what is done already and how long the rest may take."""
    fleet, console = assembled.fleet, out()
    words = "1 machine" if len(fleet.machines) == 1 else f"{len(fleet.machines)} machines"
    console.print(f"Cluster: {words}", markup=False)
    for machine in fleet.machines:
        console.print(f"  {_words(machine)}", markup=False, soft_wrap=True)
    taking = {machine.address for machine in fleet.machines}
    for address, why in assembled.refused.items():
        out_of = "not for all of it" if address in taking else "left out"
        console.print(f"  {address}, {out_of}: {why}", style="yellow", markup=False, soft_wrap=True)
    unknown = [f"'{name}'" for name, model in fleet.workload.models.items() if model.digest is None]
    if unknown and len(fleet.machines) > 1:
        sentence = "nothing shows that the machines have the same weights: their servers do not tell those of"
        console.print(f"  {sentence} {', '.join(unknown)}", style="yellow", markup=False, soft_wrap=True)
    if fleet.before.reasons:
        console.print(f"New run logs begin: {'; '.join(fleet.before.reasons)}", markup=False)
    to_go = sum(fleet.left())
    if fleet.before.logs and to_go:
        logs = "the log" if len(fleet.before.logs) == 1 else f"the {len(fleet.before.logs)} logs"
        done = f"{fleet.workload.planned - to_go:,} done, {to_go:,} to go"
        console.print(f"Going on in {logs} of {fleet.logs.run}: {done}", markup=False)
    if assembled.expected is not None and to_go:
        from llmxsite.collect.tally import duration

        together = f"{words} together" if len(fleet.machines) > 1 else words
        basis = f"{together}, if all requests are as fast as one of each was just now"
        collection.expected(duration(assembled.expected), basis)


def _words(machine: Machine) -> str:
    """`machine 1, tcp://10.0.0.7:41234: ollama 0.20.7; Intel Xeon, 2 cores, 24 GB`"""
    from llmxsite.collect.surroundings import info_of

    header = machine.header
    hardware = f"; {_hardware(header.host)}" if header.host is not None else ""
    return f"{machine.name}, {machine.address}: {info_of(header.engine)}{hardware}"


def _hardware(host: Host) -> str:
    parts = [host.cpu or "unknown processor"]
    if host.cores:
        parts.append(several(host.cores, "core"))
    if host.memory_bytes:
        parts.append(f"{host.memory_bytes / 1e9:.0f} GB")
    parts += [gpu.name for gpu in host.gpus or ()]
    return ", ".join(parts)
