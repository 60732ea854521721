"""The sans-IO cores: events in, effects out; no socket, clock, thread or randomness inside."""
