"""What every test shares: the plug-ins of tests.support."""
