"""One file per sampler, each defining ``SAMPLER``; importing one imports no torch."""
