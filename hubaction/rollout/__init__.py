"""Makes others use a pushed image: hubs by a pull request, Binder by a Dockerfile, a branch or a build.

Pushing the image is the job of publish/.
"""
