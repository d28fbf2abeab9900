"""`run --cluster`: the same run, on the machines of a Dask cluster."""

from __future__ import annotations

from contextlib import AsyncExitStack
from typing import TYPE_CHECKING

from llmxsite.cli.run import announce, display, expected, power, say
from llmxsite.cli.terminal import err, out
from llmxsite.collect.cluster.assembly import Assembled, assemble
from llmxsite.collect.session import info_of
from llmxsite.runlog.writer import now

if TYPE_CHECKING:
    from llmxsite.collect.cluster.machine import Machine
    from llmxsite.collect.interrupt import Interrupts
    from llmxsite.collect.loop import Result
    from llmxsite.collect.session import Wish
    from llmxsite.diagnostics import Issues
    from llmxsite.experiment import Condition, Resolved
    from llmxsite.record import Host
    from llmxsite.study import Study
    from llmxsite.suite import Suite


async def collect(
    study: Study,
    report: str,
    experiment: Resolved,
    suites: list[Suite],
    conditions: list[Condition],
    wish: Wish,
    name: str,
    address: str,
    weights: list[str],
    interrupts: Interrupts,
    issues: Issues,
) -> Result | None:
    """One engine's run on the machines that have it, watched."""
    again = " ".join(["llmxsite run", report, "--cluster", address, *(f"--weights {w}" for w in weights)])
    with interrupts.watching():
        async with AsyncExitStack() as stack:
            assembled = await assemble(
                stack,
                study,
                report,
                experiment,
                suites,
                conditions,
                wish,
                address=address,
                weights=weights,
                name=name,
                clock=now,
                say=say,
            )
            fleet = assembled.fleet
            announce(experiment, suites, conditions)
            _introduce(assembled, issues)
            power(experiment, suites)
            shown = display()
            shown.machines = fleet.machines
            with shown:
                paths, result = await fleet.collect(shown, started=lambda f: interrupts.finish_with(f.stop))
            logs = ", ".join(study.relative(path) for path in paths)
            if result is None:
                out().print(
                    f"Everything is done: {logs} hold all {fleet.workload.planned:,} samples.",
                    markup=False,
                    soft_wrap=True,
                )
                out().print("A new run begins with --new.")
                return None
            shown.summary()
            issues.extend(result.issues)
            if result.reason == "interrupted":
                err().print(
                    f"Interrupted; everything so far is in {logs}. `{again}` goes on.", markup=False, soft_wrap=True
                )
            elif result.reason == "complete":
                out().print(f"Done: {logs}", markup=False, soft_wrap=True)
                if result.errors:
                    words = "1 sample" if result.errors == 1 else f"{result.errors:,} samples"
                    issues.add(report, "run-errors", f"{words} ended in an error", hint=f"`{again}` asks them again")
            return result


def _introduce(assembled: Assembled, issues: Issues) -> None:
    """The machines, whatever keeps others out, what is done already and how long the rest may take."""
    fleet, console = assembled.fleet, out()
    words = "1 machine" if len(fleet.machines) == 1 else f"{len(fleet.machines)} machines"
    console.print(f"Cluster: {words}", markup=False)
    for machine in fleet.machines:
        console.print(f"  {_words(machine)}", markup=False, soft_wrap=True)
    for address, why in assembled.refused.items():
        issues.add(address, "cluster-machine", f"left out: {why}", severity="warning")
    unknown = [name for name, model in fleet.workload.models.items() if model.digest is None]
    if unknown and len(fleet.machines) > 1:
        names = ", ".join(f"'{name}'" for name in unknown)
        console.print(
            f"  nothing shows that the machines have the same weights: their servers do not tell those of {names}",
            style="yellow",
            markup=False,
        )
    if fleet.before.reasons:
        console.print(f"New run logs begin: {'; '.join(fleet.before.reasons)}", markup=False)
    left = fleet.left()
    if fleet.before.logs and any(left):
        logs = "1 log" if len(fleet.before.logs) == 1 else f"{len(fleet.before.logs)} logs"
        done = fleet.workload.planned - sum(left)
        console.print(f"Going on in the {logs} of {fleet.logs.run}: {done:,} done, {sum(left):,} to go", markup=False)
    if assembled.expected is not None and any(left):
        expected(assembled.expected, f"{words} together")


def _words(machine: Machine) -> str:
    """`machine 1, tcp://10.0.0.7:41234: ollama 0.20.7; Intel Xeon, 2 cores, 24 GB`"""
    facts = machine.now
    return f"{machine.name}, {machine.address}: {info_of(facts.engine)}; {_hardware(facts.host)}"


def _hardware(host: Host) -> str:
    parts = [host.cpu or "unknown processor"]
    if host.cores:
        parts.append(f"{host.cores} core{'s' if host.cores != 1 else ''}")
    if host.memory_bytes:
        parts.append(f"{host.memory_bytes / 1e9:.0f} GB")
    parts += [gpu.name for gpu in host.gpus or ()]
    return ", ".join(parts)
