"""Style transfer: targets, objective, optimization, notes."""
