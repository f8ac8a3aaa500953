"""What the experiments on CycleGAN share."""
