"""Benchmarks that anyone can run: ``velatura bench ... --json``. Each starts a daemon of its own."""
