"""What stops devtools, in a sentence that says what to do next."""


class DevtoolsError(Exception):
    """A failure whose message is meant for the person at the terminal."""
