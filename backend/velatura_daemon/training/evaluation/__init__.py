"""Measures a model: does it draw what the prompt says? Every figure stands beside its control."""
