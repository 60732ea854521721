"""The web service: routes translate between HTTP and the service, and never unpickle."""
