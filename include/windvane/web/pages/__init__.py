"""One module a page: what it tells, from a moment of the registry, as facts and as what a template draws."""
