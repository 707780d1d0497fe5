"""Makes an image of a repository, or finds an earlier image that is the same. Searches for no secrets: guard does."""
