"""What a user imports: a client of the REST API that needs no server part and no framework.

It must import quickly (``import gofer`` brings nothing of it) and knows nothing but HTTP and
msgpack: no Redis, no ZeroMQ, no FastAPI.
"""
