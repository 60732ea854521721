"""The stores on Redis: one Lua script per atomic transition."""
