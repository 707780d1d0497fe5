"""Queries of GitHub's other API, held against GitHub's own schema of it."""

import functools

import graphql

from tests.github.prism import MODULES

SCHEMA = MODULES / "@octokit/graphql-schema/schema.graphql"


def find_mistakes(query: str) -> list[str]:
    """What GitHub would not understand in a query; empty when it is in order."""
    return [error.message for error in graphql.validate(_schema(), graphql.parse(query))]


@functools.cache
def _schema() -> graphql.GraphQLSchema:
    # It takes seconds to read.
    return graphql.build_schema(SCHEMA.read_text(encoding="utf-8"), assume_valid=True)
