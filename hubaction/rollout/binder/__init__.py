"""Has Binder start from the pushed image: by a committed Dockerfile, a branch of its own, or a build ahead of time."""
