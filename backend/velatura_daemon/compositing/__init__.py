"""From canvas and selection to what the model paints on, and from its picture back to a patch of the document."""
