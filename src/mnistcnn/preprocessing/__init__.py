"""Pictures in, pictures out: NumPy transformers between raw data and an estimator."""
