"""What a quote, a stance and a bundle are. Knows nothing of training or serving."""
