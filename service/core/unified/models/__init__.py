"""One file per model; `registry` reads `MODEL` and, where it is fetched by itself, `ROOT`."""
