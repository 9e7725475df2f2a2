"""A whole model by one command: data, autoencoder, base, ControlNets and their evaluation, one after the other."""
