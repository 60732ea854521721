"""``gofer bench``: how fast is this installation, seen from a client."""
