"""The pull feed under `/v1/events`: positions over the same logs that are pushed from."""
