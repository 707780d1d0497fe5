"""The errors that a user reads."""

from hubaction.errors import ActionError, InputProblem, InvalidInputError


def test_action_error__carries_the_place() -> None:
    error = ActionError("It failed.", file="binder/Dockerfile", line=3, title="Build failed")
    assert (str(error), error.file, error.line, error.title) == ("It failed.", "binder/Dockerfile", 3, "Build failed")


def test_invalid_input_error__tells_all_problems() -> None:
    error = InvalidInputError([InputProblem("mode", "'x' is wrong"), InputProblem("push", "'y' is wrong")])
    assert error.message == "input 'mode': 'x' is wrong\ninput 'push': 'y' is wrong"
    assert [problem.input_name for problem in error.problems] == ["mode", "push"]
