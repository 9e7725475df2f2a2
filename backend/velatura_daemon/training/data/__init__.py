"""Training data that is composed: licensed emoji artwork on drawn backgrounds, with captions and depth maps."""
