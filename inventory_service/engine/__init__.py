"""Redis: the hot truth. Kernel scripts, the batcher in front of them, the event stream behind them."""
