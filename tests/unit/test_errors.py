"""The errors that a user reads."""

from hubaction.errors import ActionError, InputProblem, InvalidInputError, SeveralProblemsError


def test_action_error__carries_the_place() -> None:
    error = ActionError("It failed.", file="binder/Dockerfile", line=3, title="Build failed")
    assert (str(error), error.file, error.line, error.title) == ("It failed.", "binder/Dockerfile", 3, "Build failed")


def test_invalid_input_error__tells_all_problems() -> None:
    error = InvalidInputError([InputProblem("mode", "'x' is wrong"), InputProblem("push", "'y' is wrong")])
    assert error.message == "input 'mode': 'x' is wrong\ninput 'push': 'y' is wrong"
    assert [problem.input_name for problem in error.problems] == ["mode", "push"]


def test_several_problems_error__each_has_its_place() -> None:
    one, other = ActionError("One.", file="a", line=1), ActionError("Other.", file="b")
    error = SeveralProblemsError("One, and the other.", [one, other], title="Two")
    assert (error.message, error.title, tuple(error.parts)) == ("One, and the other.", "Two", (one, other))
    assert tuple(one.parts) == (one,)
