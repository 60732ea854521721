"""The checkout mirrors the package: src/gofer links to these folders."""
