#!/bin/sh
# Runs in a container of the user image: run.sh FOLDER HALF HALF. The line made of both tells that we are run at all.
# Python is looked for on the PATH that the image itself sets up.
# An entry point may have left a line unfinished.
printf '\n%s%s\n' "$2" "$3"
python=$(command -v python3 || command -v python) || {
    echo "There is no python3 on the PATH of the image: $PATH"
    exit 98
}
exec "$python" /tmp/hub-image-action/run_tests.py "$1"
