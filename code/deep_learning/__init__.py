"""The models that the articles show: small, tested against independent oracles, and free of the engine."""
