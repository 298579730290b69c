"""The unified records: a file per model, the table path -> event type, what counts as a change."""
