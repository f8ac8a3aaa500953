"""Music <-> numpy: one converter a file, both directions, never TensorFlow."""
