"""The supervisor of the worker's children, and the child: the only place that unpickles."""
