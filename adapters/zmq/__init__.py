"""The links between dispatcher and workers over ZeroMQ, push and pull."""
