"""CycleGAN between two genres of binary piano rolls."""
