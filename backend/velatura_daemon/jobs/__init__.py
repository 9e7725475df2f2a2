"""Jobs: journal, queue, and the worker processes that they run on. No torch, no numpy."""
