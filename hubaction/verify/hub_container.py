"""What a hub's spawner gives to a container."""

import secrets

from hubaction.clients.engine.values import Spawn
from hubaction.inputs.settings import HubPolicy

USER = "hub-check"
PREFIX = f"/user/{USER}/"
PORT = 8888
HUB_URL = "http://127.0.0.1:8081/hub/api"
"""Where the stand-in for the hub listens, within the container."""
SINGLEUSER = "jupyterhub-singleuser"


def make_spawn(image: str, policy: HubPolicy, *, user: str, user_id: int, token: str) -> Spawn:
    return Spawn(
        command=policy.command,
        user_id=user_id,
        home=f"/home/{user}",
        memory_bytes=policy.memory_bytes,
        environment=_environment(image, policy, token),
    )


def _environment(image: str, policy: HubPolicy, token: str) -> dict[str, str]:
    """As JupyterHub makes it, and DockerSpawner and KubeSpawner pass it on.

    https://github.com/jupyterhub/jupyterhub/blob/5.2.1/jupyterhub/spawner.py (get_env), and
    https://github.com/jupyterhub/dockerspawner/blob/14.0.0/dockerspawner/dockerspawner.py
    """
    scopes = f'["access:servers!server={USER}/", "access:servers!user={USER}"]'
    return {
        "JUPYTERHUB_API_TOKEN": token,
        "JPY_API_TOKEN": token,
        "JUPYTERHUB_CLIENT_ID": f"jupyterhub-user-{USER}",
        "JUPYTERHUB_COOKIE_HOST_PREFIX_ENABLED": "0",
        "JUPYTERHUB_HOST": "",
        "JUPYTERHUB_OAUTH_CALLBACK_URL": f"{PREFIX}oauth_callback",
        "JUPYTERHUB_OAUTH_SCOPES": scopes,
        "JUPYTERHUB_OAUTH_ACCESS_SCOPES": scopes,
        "JUPYTERHUB_OAUTH_CLIENT_ALLOWED_SCOPES": "[]",
        "JUPYTERHUB_USER": USER,
        "JUPYTERHUB_SERVER_NAME": "",
        "JUPYTERHUB_API_URL": HUB_URL,
        "JUPYTERHUB_ACTIVITY_URL": f"{HUB_URL}/users/{USER}/activity",
        "JUPYTERHUB_BASE_URL": "/",
        "JUPYTERHUB_SERVICE_PREFIX": PREFIX,
        "JUPYTERHUB_SERVICE_URL": f"http://0.0.0.0:{PORT}{PREFIX}",
        "JUPYTERHUB_PUBLIC_URL": "",
        "JUPYTERHUB_PUBLIC_HUB_URL": "",
        "JUPYTERHUB_DEFAULT_URL": policy.default_url,
        "MEM_LIMIT": str(policy.memory_bytes),
        "JUPYTER_IMAGE_SPEC": image,
        "JUPYTER_IMAGE": image,
    }


def make_token() -> str:
    return secrets.token_hex(16)
