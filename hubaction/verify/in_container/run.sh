#!/bin/sh
# Runs in a container of the user image: run.sh ARGUMENT... HALF HALF. The line made of both tells that we are run at
# all; the arguments are those of run_tests.py. Python is looked for on the PATH that the image itself sets up.
# An entry point may have left a line unfinished.
printf '\n%s%s\n' "$4" "$5"
here=/tmp/hub-image-action
# Under an empty home there is no folder yet for tests that start there, and perhaps none that the user may write to.
if [ -d "$here/start" ]; then
    cp -R "$here/start/." . 2>/dev/null || { cd && cp -R "$here/start/." .; } || exit 96
fi
python=$(command -v python3 || command -v python) || {
    echo "There is no python3 on the PATH of the image: $PATH"
    exit 98
}
exec "$python" "$here/run_tests.py" "$1" "$2" "$3"
