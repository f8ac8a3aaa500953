"""Window records -> batches."""
