"""The parts of the docker."""
