"""The pure core: synchronous, deterministic, standard library only; imports nothing outward."""
