"""Every method beside every other on the pieces and judges of the transfer benchmark."""
