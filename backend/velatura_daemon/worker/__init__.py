"""The worker process: runs an engine, one job at a time, and dies with its parent."""
