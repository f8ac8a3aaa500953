"""The paper's four experiments: {VGG-19, composer classifier} x {roll, latents}."""
