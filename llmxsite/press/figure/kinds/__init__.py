"""The kinds of chart, one module each, with what says it in words beside it."""
