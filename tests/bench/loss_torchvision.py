"""torchvision's focal loss and its gradient by autograd, as a training loop
calls them: the sum of the loss, then backward into a gradient that is there."""
import torch
from peer import seconds, show
from torchvision import __version__
from torchvision.ops import sigmoid_focal_loss

torch.set_num_threads(1)
NAME = f"torchvision {__version__.split('+')[0]} with backward"


def measure(count, gammas):
    torch.manual_seed(1)
    logits = (torch.rand(count) * 12 - 8).requires_grad_()
    targets = (torch.rand(count) < 0.01).float()
    for gamma in gammas:
        def call():
            logits.grad = None
            sigmoid_focal_loss(logits, targets, alpha=0.25, gamma=gamma,
                               reduction="sum").backward()
        show(NAME, f"gamma {gamma:g}, {count}", seconds(call) * 1e9 / count)


measure(4096, [0, 0.5, 1, 1.5, 2, 5])
measure(65536, [0, 0.5, 1, 1.5, 2, 5])
measure(1 << 24, [1.5, 2])
