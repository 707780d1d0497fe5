"""GitHub, by its REST and GraphQL APIs. What a comment or a pull request says belongs in the stages."""
