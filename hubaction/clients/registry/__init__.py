"""Registries, by their own HTTP API. When to push, promote or delete belongs in `publish`."""
