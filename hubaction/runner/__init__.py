"""The protocol of the GitHub runner: environment, log, workflow commands, files and signals.

Anything about GitHub's API belongs in clients/github.
"""
