"""``gofer demo``: a client like any other, that shows the whole system at work."""
