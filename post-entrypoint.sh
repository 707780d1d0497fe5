#!/bin/sh
# The runner starts this after the job and can pass it no arguments of its own.
exec /opt/hub-image-action/venv/bin/python -I /opt/hub-image-action/entrypoint.py --post
