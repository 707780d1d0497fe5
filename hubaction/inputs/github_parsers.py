"""Names on GitHub: single values of inputs, parsed as in `parsers`."""

import re


def parse_full_name(text: str) -> str:
    """A repository on GitHub, without a branch; may be empty."""
    if text and not re.fullmatch(r"[A-Za-z0-9-]{1,39}/[A-Za-z0-9._-]{1,100}", text):
        raise ValueError(f"'{text}' is not a repository on GitHub; allowed is owner/name")
    return text


def parse_repository(text: str) -> str:
    if text and not re.fullmatch(r"[A-Za-z0-9-]{1,39}/[A-Za-z0-9._-]{1,100}(?:@[A-Za-z0-9._/-]{1,255})?", text):
        raise ValueError(f"'{text}' is not a repository on GitHub; allowed is owner/name or owner/name@branch")
    return text


def parse_git_ref(text: str) -> str:
    """https://git-scm.com/docs/git-check-ref-format"""
    if ".." in text or text.startswith("-") or re.search(r"[\s~^:?*\[\\\x00-\x1f\x7f]", text):
        raise ValueError(f"'{text[:80]}' is not a branch, tag or commit")
    return text


def parse_branch_template(text: str) -> str:
    """A branch's name with `{pr}` in it; empty stays empty. https://git-scm.com/docs/git-check-ref-format"""
    rendered = text.replace("{pr}", "1")
    parts = rendered.split("/")
    legal = re.fullmatch(r"[A-Za-z0-9._/-]{1,100}", rendered) and ".." not in rendered and not rendered.startswith("-")
    if text and not (legal and all(part and part[0] != "." and not part.endswith((".", ".lock")) for part in parts)):
        raise ValueError(f"'{text}' is not the name of a branch; allowed is e.g. binder-pr-{{pr}}")
    if text and "{pr}" not in text:
        raise ValueError(
            f"'{text}' does not name the pull request, so all would share it; allowed is e.g. {text}-{{pr}}"
        )
    return text


def parse_label(text: str) -> str:
    """A label of a pull request; GitHub takes 50 characters."""
    if len(text) > 50 or not text.isprintable():
        raise ValueError(f"'{text[:60]}' is not a label of at most 50 characters")
    return text


def parse_reviewer(text: str) -> str:
    """A person, or a team as organisation/team."""
    reviewer = text.lstrip("@")
    if not re.fullmatch(r"[A-Za-z0-9-]{1,39}(?:_[A-Za-z0-9]{1,8})?(?:/[a-z0-9._-]{1,100})?", reviewer):
        raise ValueError(f"'{reviewer}' is neither a user nor organisation/team")
    return reviewer
