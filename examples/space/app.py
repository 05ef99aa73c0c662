"""The drawing page as a Hugging Face Space: the command `mnistcnn demo`, open to visitors."""

import os

from mnistcnn.cli import main

main(["demo", "--host", "0.0.0.0", "--port", os.environ.get("GRADIO_SERVER_PORT", "7860")])
