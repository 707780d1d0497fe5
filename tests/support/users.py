"""Who may log in to the tests' registry; the passwords are random."""

USER = "robot"
SECOND_USER = "second-robot"
