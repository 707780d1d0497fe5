"""Proves that a built image works: as a hub starts it, and by the repository's tests. What follows is the mode's."""
