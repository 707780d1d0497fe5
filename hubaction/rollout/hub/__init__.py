"""Puts the image into the configuration of hubs, by a pull request. Building and checking images is not done here."""
