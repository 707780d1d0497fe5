"""Whether the image is pushed."""

from collections.abc import Mapping

from hubaction.decide.messages import Messages
from hubaction.decide.mode import PlannedMode
from hubaction.decide.preview import is_preview
from hubaction.errors import ActionError, Help
from hubaction.inputs.choices import Choice
from hubaction.inputs.event import Event
from hubaction.inputs.settings import Settings
from hubaction.inputs.surroundings import Surroundings
from hubaction.inputs.workflow import UnseenLogin


def decide_push(
    mode: PlannedMode, settings: Settings, event: Event, surroundings: Surroundings, messages: Messages
) -> bool:
    # Before all else: with an unreadable Docker configuration nothing can be built either.
    missing = find_missing_logins(settings, surroundings)
    if not _push_wanted(mode, settings, event, messages):
        if settings.try_on_hub.profile and event.pull_request and not event.untrusted:
            messages.notices.append(_NOTHING_TO_TRY)
        return False
    if event.untrusted:
        messages.notices.append(
            "The image is not pushed: this pull request comes from a fork, whose code must not reach the registry."
        )
        return False
    if not missing:
        return True
    unseen = _explain_unseen(surroundings.unseen_login) if surroundings.unseen_login else ""
    if event.about_pull_request:
        messages.notices.append(
            f"The image is not pushed: there is no password for {', '.join(missing)}."
            f" {unseen or DEPENDABOT_HAS_ITS_OWN}"
        )
        return False
    raise ActionError(
        f"The image cannot be pushed: there is no password for {', '.join(missing)}."
        f" {unseen or _SET_THE_INPUTS} Or set push: false.",
        title="No password",
    )


def _push_wanted(mode: PlannedMode, settings: Settings, event: Event, messages: Messages) -> bool:
    push = settings.push
    if is_preview(settings, event):
        if push is Choice.FALSE:
            messages.notices.append("No preview is pushed: the input 'push' is false, which forbids it everywhere.")
        return push is not Choice.FALSE
    if push is not Choice.AUTO:
        return push is Choice.TRUE
    return mode is PlannedMode.BUILD and is_publishing_event(event)


def is_publishing_event(event: Event) -> bool:
    if event.workflow_run:
        run = event.workflow_run
        return run.event == "push" and run.head_branch == event.default_branch and run.conclusion == "success"
    publishing = {"push", "schedule", "workflow_dispatch", "repository_dispatch", "release"}
    return event.name in publishing and (event.on_default_branch or bool(event.git_tag))


def find_missing_logins(settings: Settings, surroundings: Surroundings) -> list[str]:
    """Registries of the images that there is no password for."""
    known = {entry.registry for entry in settings.credentials} | surroundings.logged_in
    return sorted({name.registry for name in settings.images} - known)


_NOTHING_TO_TRY = (
    "There is no link to the hub with this image filled in: 'hub-profile' is set, and the pull request's image is not"
    " pushed. Set preview: true, which never pushes a fork's."
)


DEPENDABOT_HAS_ITS_OWN = "Pull requests by Dependabot see Dependabot's secrets only."


_SET_THE_INPUTS = (
    "Set the inputs 'username' and 'password', e.g. password: ${{ secrets.REGISTRY_PASSWORD }}, and check that a secret"
    " of that name exists under Settings > Secrets and variables > Actions (a name that does not exist is an empty"
    " text)."
)


UNSEEN_LOGIN_RECIPE = Help.EARLIER_LOGIN


_IN_PLACE_OF: Mapping[str, str] = {
    "docker/login-action": "Move its 'registry', 'username' and 'password' to this step: the names are the same.",
    "aws-actions/amazon-ecr-login": "Give that step an id, and this one username: AWS and password:"
    " ${{ steps.ID.outputs.docker_password_... }}, whose end is the registry's name with _ for each dot and hyphen.",
    "docker login": "Give this step the same user and password, as the inputs 'username' and 'password'.",
    "az acr login": "Have it hand over a password by --expose-token, as the recipe shows.",
    "gcloud auth configure-docker": "Give this step username: oauth2accesstoken and password:"
    " ${{ steps.ID.outputs.access_token }} of google-github-actions/auth with token_format: access_token.",
}
"""What to write instead of a login that writes to the home folder."""


def _explain_unseen(login: UnseenLogin) -> str:
    return (
        f"The login by '{login.tool}' ({login.place}) is not seen here: it goes to the home folder of the runner's"
        f" user, and this action is a container with a home of its own. {_IN_PLACE_OF[login.tool]}"
        f" {UNSEEN_LOGIN_RECIPE}"
    )
