"""Text in, checked values out: the inputs, the event, and the small files that are read beside them.

What follows from these values is decided in `decide/`; nothing here looks at a registry, at GitHub, or at Docker.
"""
