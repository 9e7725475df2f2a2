"""Looking inside one run: what a model reads, predicts and attends to, drawn as one sheet for painters."""
