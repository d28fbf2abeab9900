"""The collector: what is left to do, the loop that does it, on one machine or several, and what a person sees of it meanwhile."""
