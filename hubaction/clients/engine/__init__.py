"""The container engine, by its API. What is done with an image or a container belongs in the stages."""
