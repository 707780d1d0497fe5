"""The real stack of the demonstration and the tests: engine, registry, base images, workflow runner."""
