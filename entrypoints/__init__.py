"""What a person or a process starts; the only layer that knows all the others."""
