"""One technology a module or folder; each fulfils ports of the domain and none imports another."""
