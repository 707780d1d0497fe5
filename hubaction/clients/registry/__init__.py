"""Registries: requests, logins, manifests, tags and uploads. Pushes of layers are the engine's."""
