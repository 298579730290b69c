"""The seven unified resources, one file for each kind of thing."""
