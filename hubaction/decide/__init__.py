"""Decides from settings and event what a run does, and returns it as a plan.

Pure: no file, process or network. Every rule about events is here; nothing is carried out.
"""
