"""Training: makes autoencoders, base models, ControlNets and LoRAs, the data to train them on, and measures them.

Nothing of the daemon imports this package; ``velatura train`` runs it as a program of its own.
"""
