OUTPUT_NAME = "demo-output"
