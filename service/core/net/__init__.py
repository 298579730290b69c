"""Where we may send to: the rule over addresses, URLs and headers, and the session under it."""
