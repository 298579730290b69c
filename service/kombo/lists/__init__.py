"""The lists of `/v1/ats`, one file for each kind of thing."""
