"""The collector: what is left to do, the loop that does it, and what a person sees of it meanwhile."""

from llmxsite.collect.loop import Collector, Policy, Result
from llmxsite.collect.observer import Observer
from llmxsite.collect.session import Session, Wish
from llmxsite.collect.workload import Job, Workload

__all__ = ["Collector", "Job", "Observer", "Policy", "Result", "Session", "Wish", "Workload"]
