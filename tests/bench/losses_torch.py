"""The losses of one logit in PyTorch, with the gradient by autograd. "fused":
all that costs is in operators that PyTorch has for it (logsigmoid, mse_loss);
"composed": of many operators, as the papers' own code has them."""
import torch
from peer import seconds, show
from torch.nn import functional as F
from torchvision.ops import sigmoid_focal_loss

torch.set_num_threads(1)
ROWS = 65536


def margin(x, y):
    return x * (2 * y - 1)


def focal(x, y):
    return sigmoid_focal_loss(x, y, alpha=-1, gamma=2, reduction="sum")


def cross_entropy(x, y):
    return F.binary_cross_entropy_with_logits(x, y, reduction="sum")


def focal_star(x, y):
    return -F.logsigmoid(2 * margin(x, y) + 1).sum() / 2


def poly1(x, y):
    losses = F.binary_cross_entropy_with_logits(x, y, reduction="none")
    p = torch.sigmoid(x)
    return (losses + (1 - (p * y + (1 - p) * (1 - y)))).sum()


def generalized_cross_entropy(x, y):
    return ((1 - torch.sigmoid(margin(x, y)) ** 0.7) / 0.7).sum()


def symmetric_cross_entropy(x, y):
    p = torch.sigmoid(margin(x, y))
    return 0.1 * cross_entropy(x, y) + 4 * (1 - p).sum()


def asymmetric(x, y):
    p = torch.sigmoid(x)
    shifted = torch.clamp(p - 0.05, min=0)
    positive = y * torch.log(p.clamp(min=1e-8))
    negative = (1 - y) * torch.log((1 - shifted).clamp(min=1e-8))
    return -(positive + negative * shifted ** 4).sum()


def brier(x, y):
    return F.mse_loss(torch.sigmoid(x), y, reduction="sum")


def hinge(x, y):
    return torch.clamp(1 - margin(x, y), min=0).sum()


def squared_hinge(x, y):
    return (torch.clamp(1 - margin(x, y), min=0) ** 2).sum()


def modified_huber(x, y):
    m = margin(x, y)
    square = torch.clamp(1 - m, min=0) ** 2
    return torch.where(m >= -1, square, -4 * m).sum()


def huber(x, y):
    return F.huber_loss(x, y, reduction="sum")


FUSED = {"binary_cross_entropy": cross_entropy, "huber": huber,
         "binary_cross_entropy, soft targets": cross_entropy,
         "focal_star": focal_star, "brier": brier}
COMPOSED = {"focal": focal, "focal, soft targets": focal}
for function in (poly1, generalized_cross_entropy, symmetric_cross_entropy,
                 asymmetric, hinge, squared_hinge, modified_huber):
    COMPOSED[function.__name__] = function


def measure(name, how, function):
    torch.manual_seed(1)
    logits = (torch.rand(ROWS) * 12 - 8).requires_grad_()
    targets = (torch.rand(ROWS) < 0.01).float()
    if "soft" in name:
        targets = 0.95 * targets + 0.025

    def call():
        logits.grad = None
        function(logits, targets).backward()
    version = torch.__version__.split("+")[0]
    show(f"PyTorch {version}, {how}", name, seconds(call) * 1e9 / ROWS)


for name, function in FUSED.items():
    measure(name, "fused", function)
for name, function in COMPOSED.items():
    measure(name, "composed", function)
