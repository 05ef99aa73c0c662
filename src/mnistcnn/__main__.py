"""``python -m mnistcnn``: the command line."""

from mnistcnn.cli import main

if __name__ == "__main__":
    main()
