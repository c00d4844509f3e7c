"""Losses of classes in PyTorch, with the gradient by autograd."""
import torch
from peer import seconds, show
from torch.nn import functional as F

torch.set_num_threads(1)
NAME = f"PyTorch {torch.__version__.split('+')[0]} with backward"


def cross_entropy(x, y):
    return F.cross_entropy(x, y, reduction="sum")


def focal(gamma):
    def loss(x, y):
        log_p = F.log_softmax(x, 1).gather(1, y[:, None])
        return -((1 - log_p.exp()) ** gamma * log_p).sum()
    return loss


def kl(x, p):
    return F.kl_div(F.log_softmax(x, 1), p, reduction="sum")


def measure(name, loss, rows, classes):
    torch.manual_seed(1)
    logits = (torch.rand(rows, classes) * 12 - 8).requires_grad_()
    targets = torch.randint(classes, (rows,))
    if name == "kl":
        targets = torch.full((rows, classes), 1 / classes)

    def call():
        logits.grad = None
        loss(logits, targets).backward()
    show(NAME, f"{name}, {rows} x {classes}",
         seconds(call) * 1e9 / (rows * classes))


for shape in ((65536, 10), (4096, 1000)):
    measure("cross_entropy", cross_entropy, *shape)
    measure("softmax_focal 2", focal(2), *shape)
    measure("softmax_focal 1.5", focal(1.5), *shape)
    measure("kl", kl, *shape)
