"""A GitHub Action that turns a repository into an image for JupyterHub. The folders are the stages of a run."""
