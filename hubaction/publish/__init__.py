"""Brings an image to its registries, and deletes previews there. How a registry is asked belongs in `clients`."""
