"""The sans-IO protocol between dispatcher and workers: events in, effects out."""
