"""GitHub's API: comments, pull requests, commits and branches. The runner's own protocol belongs in runner/."""
