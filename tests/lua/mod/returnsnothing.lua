-- A module without a result.
LOADED = (LOADED or 0) + 1
