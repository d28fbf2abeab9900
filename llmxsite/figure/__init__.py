"""Figures: a table, a chart on it, a caption, an alt text and the runs behind them."""
