"""``gofer doctor``: looks at everything that has to fit together, and says what to do.

It changes nothing, anywhere. Each module looks at one thing and yields findings.
"""
