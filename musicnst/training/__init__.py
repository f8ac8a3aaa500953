"""One trainer, one loop, for every family."""
