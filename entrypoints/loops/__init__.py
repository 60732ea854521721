"""The loops that drive the sans-IO cores: ports in, effects out, and no decision of their own."""
