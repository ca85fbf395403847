"""One file per subject: its handlers, and behind them its routes."""
