"""One module per mode, which calls the stages in order, and the steps of the build.

Modes print messages and add results to the report. How a stage works belongs in the stage.
"""
