"""Proposes the image to the repository that configures JupyterHubs. Nothing here prints or sets outputs: modes do."""
