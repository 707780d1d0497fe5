"""The images that the real builder asks for, beside those that are read out of a Dockerfile; and rendering one."""

import re
import shutil
import sys
from collections.abc import Mapping
from pathlib import Path

import hypothesis
import pytest
from hypothesis import strategies as st

from devtools import places, process
from devtools.engine import Engine
from hubaction.build.base_images import find_bases, render_dockerfile
from hubaction.build.context import list_context, stage_configuration, stage_context

DIGEST = f"sha256:{'5' * 64}"
DOCKERFILES: Mapping[str, tuple[str, dict[str, str]]] = {
    "plain": ("FROM debian:trixie-slim\n", {}),
    "no tag": ("FROM nothing\n", {}),
    "tag and digest": (f"FROM nothing:1@{DIGEST}\n", {}),
    "digest": (f"from nothing@{DIGEST} as base\n", {}),
    "registry": ("FROM localhost:1/a/b:1\n", {}),
    "registry's other name": ("FROM index.docker.io/a/b:1\n", {}),
    "stages": ("FROM nothing:1 AS Base\nFROM base\nFROM nothing:2\nCOPY --from=BASE /a /b\nCOPY --from=1 /a /b\n", {}),
    "an image named as a later stage": (
        "FROM later AS first\nFROM nothing:1 AS later\nCOPY --from=first /a /b\n",
        {},
    ),
    "copy": ('FROM scratch\nCOPY --link --from=nothing:2 /a /b\ncopy --chown=1 --from=nothing:3 ["/a", "/b"]\n', {}),
    "mount": ("FROM debian:trixie-slim\nRUN --mount=type=bind,from=nothing:1,target=/x --network=none true\n", {}),
    "mount of a stage": (
        "FROM nothing:1 AS a\nFROM debian:trixie-slim\n"
        "RUN --mount=from=a,target=/x \\\n --mount=from=nothing:2,target=/y :\n",
        {},
    ),
    "arguments": (
        'ARG NAME=nothing TAG="1"\nARG FULL=${NAME}:$TAG\nFROM $FULL AS a\nFROM ${NAME}:${OTHER:-2} AS b\n'
        "FROM ${NONE:+x}${NAME}:3${TAG:+4} AS c\nFROM scratch\n"
        "COPY --from=a / /\nCOPY --from=b / /\nCOPY --from=c / /\n",
        {"TAG": "9", "OTHER": "8"},
    ),
    "empty argument": ("ARG TAG=\nFROM nothing:${TAG:-1} AS a\nFROM nothing:2${TAG-x}\nCOPY --from=a / /\n", {}),
    "single quotes": ("ARG TAG='1'\nFROM nothing:$TAG\n", {}),
    "argument in a stage": (
        "ARG TAG=1\nFROM nothing:$TAG AS a\nARG TAG=2\nFROM nothing:3-$TAG\nCOPY --from=a . .\n",
        {},
    ),
    "continued": ("FROM \\\n# FROM nothing:1\n\n  # another\n  nothing:2 \\\n  AS a\n", {}),
    "continued name": ("FROM not\\\nhing:1\n", {}),
    "escape": ("# escape=`\nFROM debian:trixie-slim`\n AS a\nRUN echo \\\nCOPY --from=nothing:1 /a /b\n", {}),
    "no directive after a comment": ("# a comment\n# escape=`\nFROM nothing:1 \\\n AS a\n", {}),
    "heredoc": (
        "FROM debian:trixie-slim\nRUN <<EOF\nCOPY --from=nothing:1 /a /b\nEOF\nCOPY --from=nothing:2 /a /b\n",
        {},
    ),
    "heredocs": (
        'FROM scratch\nCOPY <<"ONE" <<-TWO /x/\nFROM a\nONE\n\tFROM b\\\n\tTWO\nCOPY --from=nothing:2 /a /b\n',
        {},
    ),
    "heredoc in shell": (
        "FROM debian:trixie-slim\nRUN cat <<EOF > /x && true\n# comment\nFROM a \\\nEOF\nCOPY --from=nothing:2 /a /b\n",
        {},
    ),
    "carriage returns": ("FROM scratch\r\nCOPY <<EOF /x\r\nFROM a\r\nEOF\r\nCOPY --from=nothing:2 /a /b\r\n", {}),
    "byte-order mark": ("\ufeffFROM nothing:1\n", {}),
    "platform": ("FROM --platform=linux/amd64 nothing:1\n", {}),
    "indented": ("  \t FROM\t nothing:1  as \t a  \n", {}),
    "add": ("FROM debian:trixie-slim\nADD --chown=1:1 a* b [c] $HOME/\nCOPY --from=nothing:1 / /\n", {}),
    "onbuild": ("FROM debian:trixie-slim\nONBUILD RUN echo\nCOPY --from=nothing:1 / /\n", {}),
    "looks like one": (
        "FROM debian:trixie-slim\nENV FROM=nothing:1\nRUN echo 'FROM nothing:2' \\\n--mount=from=nothing:3\n"
        "COPY --from=nothing:4 / /\n",
        {},
    ),
}


def loaded_by_builder(folder: Path, text: str, build_args: Mapping[str, str], engine: Engine) -> set[str]:
    """Return the names in the builder's log; whether it then finds the images does not matter."""
    (folder / "Dockerfile").write_bytes(text.encode())
    options = [f"--build-arg={name}={value}" for name, value in build_args.items()]
    command = ["docker", "buildx", "build", "--progress=plain", "--output=type=cacheonly", *options, str(folder)]
    return set(re.findall(r"(?m)^#\d+ \[internal\] load metadata for (\S+)$", build_log(command, engine)))


def build_log(command: list[str], engine: Engine) -> str:
    env = {**process.environment(), **engine.environment()}
    return process.stream(command, env=env, cwd=places.PROJECT, timeout=60, on_line=lambda _: None).log


@pytest.mark.parametrize(("text", "build_args"), DOCKERFILES.values(), ids=DOCKERFILES)
def test_find_bases__as_the_builder_asks(
    tmp_path: Path, engine: Engine, text: str, build_args: Mapping[str, str]
) -> None:
    assert set(find_bases(text, build_args) or ()) == loaded_by_builder(tmp_path, text, build_args, engine)


BUILD_ARGS = st.sampled_from([{}, {"A": "n:5"}])
IMAGES = st.sampled_from(["n:1", "n", "a", "B", "0", "1", "scratch", "$A", "${A:-n:3}", "${A:+n:4}", "n:${A}"])
SHAPES = (
    *(
        "FROM {}\n",
        "FROM {} AS a\n",
        "from {} as b\n",
        "FROM \\\n# c\n {}\n",
        "\tFROM  {}\t\n",
        "ARG A\n",
        "ARG A={}\n",
    ),
    *("COPY --from={} / /\n", 'COPY --from={} ["/", "/"]\n', "COPY --link --from={} / /\n", "RUN --mount=from={} :\n"),
    *("RUN cat <<E\nFROM {}\nE\n", "COPY <<-'E' <<F /\n\tFROM {}\n\tE\n E\nF\n", "RUN echo {} \\\n", "RUN echo \\\\\n"),
    *(
        "# escape=`\n",
        "# FROM {}\n",
        "RUN : `\n",
        "RUN echo '\n",
        "ONBUILD COPY --from={} / /\n",
        "ADD {} /\n",
        "\n",
        "E\n",
    ),
)
LINES = st.builds(str.format, st.sampled_from(SHAPES), IMAGES)


@pytest.mark.slow
@hypothesis.settings(max_examples=400, suppress_health_check=[hypothesis.HealthCheck.function_scoped_fixture])
@hypothesis.given(lines=st.lists(LINES, max_size=6), build_args=BUILD_ARGS, first=st.sampled_from(["", "FROM n:0\n"]))
def test_find_bases__no_fewer_than_the_builder_asks_for(
    tmp_path: Path, engine: Engine, lines: list[str], build_args: dict[str, str], first: str
) -> None:
    text = first + "".join(lines)
    found = find_bases(text, build_args)
    hypothesis.event("in doubt" if found is None else "certain")
    if found is not None:
        assert set(found) >= loaded_by_builder(tmp_path, text, build_args, engine)


def test_find_bases__frontend_is_asked_for(tmp_path: Path, engine: Engine) -> None:
    text = "# syntax=docker/dockerfile:1 # a comment\nFROM nothing:1\n"
    (tmp_path / "Dockerfile").write_text(text)
    log = build_log(["docker", "buildx", "build", "--progress=plain", str(tmp_path)], engine)
    assert "resolve image config for docker-image://docker.io/docker/dockerfile:1\n" in log
    assert find_bases(text, {}) == ("docker.io/docker/dockerfile:1", "docker.io/library/nothing:1")


# --- rendering ---

REPOSITORIES = places.PROJECT / "tests" / "end_to_end" / "repositories"
RENDERED = {
    "examples/conda": "docker.io/library/buildpack-deps:24.04",
    "examples/dockerfile-jupyterlab": "docker.io/library/debian:trixie-slim",
    "tests/end_to_end/repositories/conda-binder": "docker.io/library/buildpack-deps:24.04",
    "tests/end_to_end/repositories/conda-complete": "docker.io/library/buildpack-deps:24.04",
}


def render(folder: Path, context: str, engine: Engine) -> str:
    command = [sys.executable, "-I", "-m", "repo2docker", "--no-run", "--no-push", "--image-name", "x", context]
    return render_dockerfile(command, folder, {**process.environment(), **engine.environment()})


@pytest.mark.parametrize(("repository", "base"), RENDERED.items(), ids=RENDERED)
def test_render_dockerfile__same_from_the_configuration_alone(
    tmp_path: Path, engine: Engine, repository: str, base: str
) -> None:
    shutil.copytree(places.PROJECT / repository, tmp_path / "source")
    files = list_context(tmp_path / "source", include_git=False)
    rendered = []
    for stage, folder in ((stage_context, tmp_path / "all"), (stage_configuration, tmp_path / "few")):
        folder.mkdir()
        stage(files, folder / "context")
        rendered.append(render(folder, "context", engine))
    assert rendered[0] == rendered[1]
    assert find_bases(rendered[1], {}) == (base,)
    assert "Picked" not in rendered[1]


def test_render_dockerfile__nothing_to_render(tmp_path: Path, engine: Engine) -> None:
    assert render(tmp_path, "missing", engine) == ""
    assert render_dockerfile(["/missing/python", "x"], tmp_path, {}) == ""
