"""The routes under /v1: JSON and msgpack, problems by RFC 9457, long polls; they only translate."""
