"""The hosted set-up: one-time links at which a company's people link it themselves, step by step."""
