"""Brings an image to its registry: login, push, promotion, public check, and the deletion of previews.

Whether to push is decided in decide/; requests to registries are made by clients/registry.
"""
