"""OpenAPI 3.1 of everything that is served, read off the routes and the models that handlers parse with."""
