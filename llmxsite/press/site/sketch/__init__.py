"""Pictures drawn into a page from numbers alone: no script, no library, no run of a chart's engine."""
