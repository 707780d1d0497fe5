"""Gets a pushed image to where people start it: JupyterHubs and Binder. Pushing and testing it are other stages."""
