# The action's own image. Plain syntax only: runners and tools with the classic builder build it, too.
# hadolint global ignore=DL3008
FROM debian:trixie-slim AS build

RUN apt-get update \
 && apt-get install --yes --no-install-recommends ca-certificates python3 python3-venv
COPY pyproject.toml uv.lock /build/
# uv installs what uv.lock names, checked against its hashes; it stays behind in this stage.
RUN python3 -m venv /build/uv \
 && /build/uv/bin/pip install --no-cache-dir --quiet uv==0.13.9 \
 && UV_PROJECT_ENVIRONMENT=/opt/hub-image-action/venv \
    /build/uv/bin/uv sync --project /build --locked --no-default-groups --no-install-project --no-cache \
      --python /usr/bin/python3 --link-mode copy

FROM debian:trixie-slim

# python3: this program and repo2docker. docker-cli and docker-buildx: repo2docker builds with them.
# ca-certificates: registries and GitHub. The layer cache of an unused package list would be dead weight.
RUN apt-get update \
 && apt-get install --yes --no-install-recommends ca-certificates docker-buildx docker-cli python3 \
 && apt-get clean \
 && rm -rf /var/lib/apt/lists/* /var/cache/* /var/log/* /usr/share/doc/* /usr/share/man/*
COPY --from=build /opt/hub-image-action/venv /opt/hub-image-action/venv
COPY entrypoint.py post_entrypoint.py /opt/hub-image-action/
COPY hubaction /opt/hub-image-action/hubaction
# Compiled here, since nothing that a container compiles outlives it; less pip, which few runs start.
RUN /opt/hub-image-action/venv/bin/python -m compileall -q -x '/site-packages/pip/' /opt/hub-image-action

# -I: neither the workspace's files nor PYTHON* variables reach our imports.
ENTRYPOINT ["/opt/hub-image-action/venv/bin/python", "-I", "/opt/hub-image-action/entrypoint.py"]
