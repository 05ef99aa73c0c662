"""What `scripts/train_pretrained.py` is made of."""
