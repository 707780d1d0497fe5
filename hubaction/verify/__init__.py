"""Verifies a built image: starts it as a hub does, and runs the repository's tests in it.

Whether a failure stops the push is decided by the mode.
"""
