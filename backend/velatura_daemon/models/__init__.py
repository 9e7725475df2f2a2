"""Which models, ControlNets and LoRAs there are, read from their own configuration files. Never imports torch."""
