"""Imported by a hub, with the hub's own Python: KubeSpawner's start form, with jupyterhub-fancy-profiles, on Docker.

`form_spawner.py PROFILES FORM` prints the image that a form asks for, both given as JSON; nothing is started.

Everything from `profile_list` to the image that a user gets is KubeSpawner's own code, and the form is fancy-profiles';
DockerSpawner starts the container, since there is no Kubernetes.
"""

import asyncio
import json
import sys
from types import SimpleNamespace
from typing import Any

import jupyterhub_fancy_profiles
from dockerspawner import DockerSpawner
from kubespawner import KubeSpawner
from traitlets import List, Unicode, default


class FormSpawner(DockerSpawner):  # type: ignore[misc] # this Python has no DockerSpawner
    """DockerSpawner, told by KubeSpawner's form what to start."""

    profile_list: Any = List(config=True)
    additional_profile_form_template_paths = List(jupyterhub_fancy_profiles.TEMPLATE_PATHS)
    profile_form_template = Unicode("")

    _render_options_form = KubeSpawner._render_options_form
    _options_from_form = KubeSpawner._options_from_form
    _get_initialized_profile_list = KubeSpawner._get_initialized_profile_list
    _validate_user_options = KubeSpawner._validate_user_options
    _get_profile = KubeSpawner._get_profile
    _load_profile = KubeSpawner._load_profile
    _apply_overrides = KubeSpawner._apply_overrides
    _sorted_dict_values = KubeSpawner._sorted_dict_values
    load_user_options = KubeSpawner.load_user_options

    @default("options_form")
    def _form(self) -> str:
        form: str = self._render_options_form(self.profile_list)
        return form

    @default("options_from_form")
    def _from_form(self) -> Any:
        return self._options_from_form

    async def check_allowed(self, image: str) -> str:
        """Ignore DockerSpawner's own reading of the option `image`: the form's was loaded before."""
        return str(self.image)

    async def start(self) -> Any:
        await self.load_user_options()
        return await super().start()


EXTRA_HANDLERS = [jupyterhub_fancy_profiles.STATIC_HANDLER_TUPLE]


def read_form(profiles: list[Any], form: dict[str, list[str]]) -> str:
    """The image that would be started; raises ValueError when the hub does not take it."""
    spawner = FormSpawner(_mock=True, profile_list=profiles)
    spawner.user = SimpleNamespace(name="nobody")
    spawner.user_options = spawner._options_from_form(form)
    asyncio.run(spawner.load_user_options())
    return str(spawner.image)


if __name__ == "__main__":
    print(read_form(json.loads(sys.argv[1]), json.loads(sys.argv[2])))
