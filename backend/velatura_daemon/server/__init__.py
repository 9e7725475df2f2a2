"""The supervisor: sockets, clients, and the loop that answers them. No torch, no numpy."""
