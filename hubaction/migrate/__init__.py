"""`python -m hubaction migrate`: rewrites workflows of repo2docker-action. It never runs in the action."""
