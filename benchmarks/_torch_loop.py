"""The loop of PyTorch's own tutorials: a `DataLoader`, and a few lines for each mini-batch."""

from typing import Any

import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

from benchmarks._data import Pixels
from benchmarks._settings import Training

PREDICTED_AT_ONCE = 1024


def simple_network() -> nn.Module:
    """Return `mnistcnn.architectures.Simple` written in PyTorch."""
    return nn.Sequential(
        nn.Conv2d(1, 32, 5), nn.ReLU(), nn.MaxPool2d(2), nn.Dropout(0.2), nn.Flatten(),
        nn.Linear(32 * 12 * 12, 128), nn.ReLU(), nn.Linear(128, 10),
    )  # fmt: skip


class TorchLoop:
    """`simple`, trained by Adam; no history, no callbacks, no checks of what comes in."""

    def __init__(self, training: Training, seed: int) -> None:
        if training.architecture != "simple":
            raise ValueError(f"only simple is written in PyTorch, got {training.architecture}.")
        self.training = training
        torch.manual_seed(seed)

    def fit(self, X: Pixels, y: Pixels) -> "TorchLoop":
        """Build a network and train it."""
        self.model = simple_network()
        optimizer = torch.optim.Adam(self.model.parameters(), lr=self.training.learning_rate)
        loss_of = nn.CrossEntropyLoss()
        images = TensorDataset(torch.from_numpy(X), torch.from_numpy(y))
        batches = DataLoader(images, batch_size=self.training.batch_size, shuffle=True)
        self.model.train()
        for _ in range(self.training.epochs):
            for pixels, targets in batches:
                optimizer.zero_grad()
                loss_of(self.model(pixels), targets).backward()
                optimizer.step()
        return self

    def predict(self, X: Pixels) -> Pixels:
        """Return the most probable digit of each image."""
        self.model.eval()
        with torch.inference_mode():
            parts = torch.from_numpy(X).split(PREDICTED_AT_ONCE)
            logits: Any = torch.cat([self.model(part) for part in parts])
        digits: Pixels = logits.argmax(dim=1).numpy()
        return digits
