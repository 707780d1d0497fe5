"""Configurations of hubs as people write them, each with the lines that a rollout changes in it.

They are ours, modelled on Zero to JupyterHub's guide, 2i2c's clusters and Berkeley's deployments.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

TAG = "0a1b2c3d4e5f"
NAME = "quay.io/org/course"
DIGEST = f"sha256:{'5' * 64}"
OLD_DIGEST = f"sha256:{'4' * 64}"
NEW = f"{NAME}:{TAG}"
NUMBERS = [
    "123456789012",
    "1234567e8901",
    "0o12",
    "012",
    "0x1f",
    "1_000",
    "2024-01-02",
    "1.10",
    "1e3",
    ".5",
    "true",
    "No",
    "null",
    "0b1",
]
"""Tags that some reader of YAML takes for something else than a text, where they have no quotes."""


@dataclass(frozen=True)
class Shape:
    """A file, where the image is in it, and what a rollout makes of some of its lines."""

    name: str
    text: str
    paths: tuple[str, ...]
    changes: Mapping[int, str | tuple[str, ...]]
    """By the number of the line: what stands there instead, on one or several lines."""
    notes: tuple[str, ...] = ()
    """Parts of what is told, in order."""
    values: bool = field(default=False)
    """Whether the file is of the kind that tests/contract/hub_values.schema.yaml describes."""

    @property
    def expected(self) -> str:
        lines = self.text.splitlines(keepends=True)
        for number, new in self.changes.items():
            old = lines[number - 1]
            end = old[len(old.rstrip("\r\n")) :]
            several = new if isinstance(new, tuple) else (new,)
            separator = end or ("\r\n" if "\r\n" in self.text else "\n")
            lines[number - 1] = separator.join(several) + end
        return "".join(lines)


CLUSTER = """\
userServiceAccount:
  annotations: {}
jupyterhub:
  ingress:
    hosts: [course.example.org]
  singleuser:
    # One list for all, see the handbook
    profileList:
      - display_name: "Small: up to 4 CPU / 32 GB RAM"
        description: &profile_description "A share of a node"
        slug: small
        default: true
        profile_options:
          image: &image_options
            display_name: Image
            choices:
              geo-python:
                display_name: Geospatial Python
                kubespawner_override:
                  image: quay.io/org/geo:20230901
              course:
                default: true
                display_name: The course    # the one that counts
                kubespawner_override:
                  image: quay.io/org/course:a7596b5   # by its own repository
          requests:
            display_name: Node share
            choices:
              mem_1: {kubespawner_override: {mem_limit: 1G, cpu_guarantee: 0.094}}
      - display_name: "Medium: up to 16 CPU"
        description: *profile_description
        slug: medium
        profile_options:
          image: *image_options
"""

SHAPES = (
    Shape(
        "z2jh",
        "singleuser:\n  image:\n    name: quay.io/org/course\n    tag: long-ago\n",
        ("singleuser.image",),
        {4: f"    tag: {TAG}"},
        values=True,
    ),
    Shape(
        "z2jh with all that people add",
        "# The course's hub.\n\nsingleuser:\n    image:   # ask ada\n        tag:    'long-ago'     # do not touch\n"
        "        # by its own repository\n        name:   \"quay.io/org/course\"\n        pullPolicy: IfNotPresent\n\n\n"
        "imagePullSecret: {create: false}   \n",
        ("singleuser.image",),
        {5: f"        tag:    '{TAG}'     # do not touch"},
        values=True,
    ),
    Shape(
        "the path of the tag",
        "singleuser:\n  image:\n    name: quay.io/org/course\n    tag: long-ago\n",
        ("singleuser.image.tag",),
        {4: f"    tag: {TAG}"},
    ),
    Shape(
        "Berkeley: under the chart's name",
        'nfsPVC:\n  enabled: true\njupyterhub:\n  hub:\n    config:\n  singleuser:\n    image:\n      name: quay.io/org/course\n'
        '      tag: "4b32b76"\n    storage: {subPath: "{username}"}\n',
        ("jupyterhub.singleuser.image",),
        {9: f'      tag: "{TAG}"'},
    ),
    Shape(
        "Berkeley: a list of images with their tags in the name",
        "images:\n  images:\n    - name: us-docker.pkg.dev/hub/images/base:1\n      path: base\n    - name: quay.io/org/course:4b32b76\n"
        "      path: ./course\n",
        ("images.images[*].name",),
        {5: f"    - name: {NEW}"},
        notes=("left alone, for it names another image: us-docker.pkg.dev/hub/images/base:1",),
    ),
    Shape(
        "2i2c: one choice, shared by an anchor",
        CLUSTER,
        ("jupyterhub.singleuser.profileList[?slug=='medium'].profile_options.image.choices.course.kubespawner_override.image",),
        {25: f"                  image: {NEW}   # by its own repository"},
        notes=(":25: stands at an anchor",),
    ),
    Shape(
        "2i2c: all choices of all profiles",
        CLUSTER,
        ("jupyterhub.singleuser.profileList[*].profile_options.image.choices.*.kubespawner_override.image",),
        {25: f"                  image: {NEW}   # by its own repository"},
        notes=("left alone, for it names another image: quay.io/org/geo:20230901", ":25: stands at an anchor"),
    ),
    Shape(
        "a profile list",
        "singleuser:\n  profileList:\n  - display_name: Course\n    slug: course\n    kubespawner_override:\n"
        "      image: quay.io/org/course:long-ago\n  - display_name: Bigger\n    slug: bigger\n    kubespawner_override:\n"
        "      image: quay.io/org/course:long-ago\n",
        ("singleuser.profileList[?slug=='course'].kubespawner_override.image",),
        {6: f"      image: {NEW}"},
        values=True,
    ),
    Shape(
        "every profile of a list",
        "singleuser:\n  profileList:\n  - display_name: Course\n    slug: course\n    kubespawner_override:\n"
        "      image: quay.io/org/course:long-ago\n  - display_name: Bigger\n    slug: bigger\n    kubespawner_override:\n"
        "      image: quay.io/org/course:older\n",
        ("singleuser.profileList[*].kubespawner_override.image",),
        {6: f"      image: {NEW}", 10: f"      image: {NEW}"},
        values=True,
    ),
    Shape(
        "a profile by its position, in braces",
        "singleuser: {profileList: [{display_name: A, slug: a, kubespawner_override: {image: 'quay.io/org/course:1'}}]}\n",
        ("singleuser.profileList[0].kubespawner_override.image",),
        {
            1: "singleuser: {profileList: [{display_name: A, slug: a, kubespawner_override: {image: "
            f"'{NEW}'}}}}]}}"
        },
        values=True,
    ),
    Shape(
        "several deployments and both kinds in one file",
        "staging: &defaults\n  singleuser:\n    image: {name: quay.io/org/course, tag: old}\nprod:\n  singleuser:\n    image: quay.io/org/course:older\n"
        "other:\n  singleuser:\n    image: {name: quay.io/org/other, tag: old}\n",
        ("*.singleuser.image",),
        {3: f"    image: {{name: quay.io/org/course, tag: {TAG}}}", 6: f"    image: {NEW}"},
        notes=("left alone, for it names another image: quay.io/org/other",),
    ),
    Shape(
        "a merge key",
        "base: &base\n  name: quay.io/org/course\n  tag: old\nsingleuser:\n  image:\n    <<: *base\n    pullPolicy: Always\n",
        ("singleuser.image",),
        {3: f"  tag: {TAG}"},
        notes=(":3: stands at an anchor",),
    ),
    Shape(
        "an anchor at the tag",
        "tag: &tag 'old' # for all\nhubs:\n  a: {image: {name: quay.io/org/course, tag: *tag}}\n  b: {image: {name: quay.io/org/course, tag: *tag}}\n",
        ("hubs.a.image",),
        {1: f"tag: &tag '{TAG}' # for all"},
        notes=(":1: stands at an anchor",),
    ),
    Shape(
        "several documents",
        "%YAML 1.2\n---\nimage: quay.io/org/course:1\n---\n# nothing\n---\nimage: quay.io/org/other:1\n--- # last\nimage: quay.io/org/course:2\n...\n",
        ("image",),
        {3: f"image: {NEW}", 9: f"image: {NEW}"},
        notes=("left alone",),
    ),
    Shape(
        "Windows line ends",
        "singleuser:\r\n  image:\r\n    name: quay.io/org/course\r\n    tag: old # c\r\n  memory: {limit: 1G}\r\n",
        ("singleuser.image",),
        {4: f"    tag: {TAG} # c"},
    ),
    Shape(
        "a byte order mark and no last line end",
        "\ufeffsingleuser:\n  image: quay.io/org/course:old",
        ("singleuser.image",),
        {2: f"  image: {NEW}"},
    ),
    Shape(
        "tag and digest",
        f"singleuser:\n  image: quay.io/org/course:old@{OLD_DIGEST}\n",
        ("singleuser.image",),
        {2: f"  image: {NEW}@{DIGEST}"},
    ),
    Shape(
        "a digest alone",
        f"singleuser:\n  image: quay.io/org/course@{OLD_DIGEST}\n",
        ("singleuser.image",),
        {2: f"  image: quay.io/org/course@{DIGEST}"},
    ),
    Shape(
        "a digest in the tag",
        f"singleuser:\n  image:\n    name: quay.io/org/course\n    tag: 'old@{OLD_DIGEST}'\n",
        ("singleuser.image",),
        {4: f"    tag: '{TAG}@{DIGEST}'"},
    ),
    Shape(
        "no tag",
        "singleuser:\n  profileList:\n  - image: 'quay.io/org/course'\n",
        ("singleuser.profileList[].image",),
        {3: f"  - image: '{NEW}'"},
    ),
    Shape(
        "a pair without a tag",
        "singleuser:\n  image:\n    name: quay.io/org/course # the course\n    pullPolicy: Always\n",
        ("singleuser.image",),
        {3: ("    name: quay.io/org/course # the course", f"    tag: {TAG}")},
        values=True,
    ),
    Shape(
        "a pair without a tag at the end of a file",
        "images:\r\n- name: quay.io/org/course",
        ("images[0]",),
        {2: ("- name: quay.io/org/course", f"  tag: {TAG}")},
    ),
    Shape(
        "a pair without a tag in braces",
        "singleuser: {image: {name: quay.io/org/course, pullPolicy: Always}} # c\n",
        ("singleuser.image",),
        {1: f"singleuser: {{image: {{name: quay.io/org/course, tag: {TAG}, pullPolicy: Always}}}} # c"},
        values=True,
    ),
    Shape(
        "an empty tag",
        "singleuser:\n  image:\n    name: quay.io/org/course\n    tag: # later\n    pullPolicy: Always\n",
        ("singleuser.image",),
        {4: f"    tag: {TAG} # later"},
    ),
    Shape(
        "a tag that was a number",
        "singleuser:\n  image:\n    name: quay.io/org/course\n    tag: 20230901\n",
        ("singleuser.image",),
        {4: f"    tag: {TAG}"},
    ),
    Shape(
        "JSON",
        '{\n  "singleuser": {\n    "image": {"name": "quay.io/org/course", "tag": "old"},\n    "list": [ 1,2 ]\n  }\n}\n',
        ("singleuser.image",),
        {3: f'    "image": {{"name": "quay.io/org/course", "tag": "{TAG}"}},'},
    ),
    Shape(
        "folded and literal texts",
        "a: >-\n  quay.io/org/course:old\nb: |\n  quay.io/org/course:older\nc: 1\n",
        ("a", "b"),
        {2: f"  {NEW}", 4: f"  {NEW}"},
    ),
    Shape(
        "other letters, before and after",
        "# Für die Übung 🌊\nhub: {title: \"潮汐\"}\nsingleuser:\n  image: quay.io/org/course:old # größer 🌊\nende: \u2028ü\n",
        ("singleuser.image",),
        {4: f"  image: {NEW} # größer 🌊"},
    ),
    Shape(
        "code in a text, with braces and what looks like an image",
        "hub:\n  extraConfig:\n    one.py: |\n      # {{ this is Python }}\n      image: quay.io/org/course:old\n      c.x = f'{{y}}'\n"
        "singleuser:\n  image: quay.io/org/course:old\n",
        ("singleuser.image",),
        {8: f"  image: {NEW}"},
    ),
    Shape(
        "keys in quotes, with dots and digits",
        "\"hub.example.org\":\n  'singleuser': {\"image\": \"quay.io/org/course:old\"}\n2024-spring:\n  image: quay.io/org/course:old\n",
        ('"hub.example.org".singleuser.image', "2024-spring.image"),
        {2: f"  'singleuser': {{\"image\": \"{NEW}\"}}", 4: f"  image: {NEW}"},
    ),
    Shape(
        "a tag of YAML's own, and an anchor before it",
        "image: &here !!str quay.io/org/course:old\nother: !vault |\n  secret\n",
        ("image",),
        {1: f"image: &here !!str {NEW}"},
    ),
    Shape(
        "long lines that a round trip would break",
        f"singleuser:\n  description: {'word ' * 60}end\n  list: [ a,b,   c ]\n  image:   quay.io/org/course:old   # {'comment ' * 30}\n",
        ("singleuser.image",),
        {4: f"  image:   {NEW}   # {'comment ' * 30}".rstrip("\n")},
    ),
)  # fmt: skip
