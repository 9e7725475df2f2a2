"""Picture files: PNG with a recipe, OpenRaster, and the careful reading of both."""
