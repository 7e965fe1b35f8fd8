"""A bundle in, answers out. Never torch, never training."""
