"""Keeps secrets out of images: searches the build context before a build, and the image after it.

Removing credentials from a staged copy is the build's job; masking what is printed is the runner's.
"""
