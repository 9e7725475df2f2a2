"""The engine: everything that touches tensors. Only the worker process imports this package."""
