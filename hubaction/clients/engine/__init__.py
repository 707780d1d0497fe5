"""The Docker engine: images, containers and archives, through docker-py. Builds go through its command instead."""
