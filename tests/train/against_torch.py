#!/usr/bin/env python3
"""Trains an mlp from the same weights in neap and in PyTorch, 30 steps of Adam on
all rows in one batch, so that the order of rows has no part: the weights must
agree to 1e-5. Ends with 77 where torch is missing.

    build/peers/bin/python tests/train/against_torch.py build/neap
"""
import subprocess
import sys

try:
    import torch
    from torchvision.ops import sigmoid_focal_loss
except ImportError as error:
    print(error)
    sys.exit(77)

ROWS, SIZES = 2000, (6, 8, 4, 1)
COUNT = sum(o * (i + 1) for i, o in zip(SIZES, SIZES[1:]))


def compare(name, activation):
    lines = subprocess.run([sys.argv[1], "tests/train/against_torch.lua", name],
                           check=True, text=True, stdout=subprocess.PIPE)
    numbers = iter([float.fromhex(w) for w in lines.stdout.split()])
    def take(count):
        return torch.tensor([next(numbers) for _ in range(count)])
    x = take(ROWS * 6).reshape(ROWS, 6)
    y, start, found = take(ROWS), take(COUNT), take(COUNT)
    layers, at = [], 0
    for i, o in zip(SIZES, SIZES[1:]):
        rows = start[at:at + o * (i + 1)].reshape(o, i + 1)
        at += o * (i + 1)
        layer = torch.nn.Linear(i, o)
        with torch.no_grad():
            layer.weight.copy_(rows[:, :-1])
            layer.bias.copy_(rows[:, -1])
        layers += [layer, activation()]
    model = torch.nn.Sequential(*layers[:-1])
    optimizer = torch.optim.Adam(model.parameters(), lr=0.01)
    for _ in range(30):
        optimizer.zero_grad()
        sigmoid_focal_loss(model(x)[:, 0], y, 0.25, 2, "mean").backward()
        optimizer.step()
    rows = [torch.cat([m.weight, m.bias[:, None]], 1).flatten()
            for m in model if isinstance(m, torch.nn.Linear)]
    gap = (torch.cat(rows) - found).abs().max().item()
    moved = (found - start).abs().max().item()
    print(f"{name}: {gap:.2g} apart after {moved:.2g}")
    assert gap <= 1e-5 and moved > 0.1


for pair in (("relu", torch.nn.ReLU), ("tanh", torch.nn.Tanh),
             ("gelu", torch.nn.GELU), ("silu", torch.nn.SiLU)):
    compare(*pair)
