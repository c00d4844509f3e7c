"""The same formula by PyTorch's eager autograd: the sum, then backward."""
import torch
from peer import seconds, show

torch.set_num_threads(1)
NAME = f"PyTorch {torch.__version__.split('+')[0]} eager"


def measure(count, gammas):
    index = torch.arange(1, count + 1, dtype=torch.float64)
    logits = ((index * 7919 % 20011) / 20011 * 12 - 8).float()
    logits.requires_grad_()
    targets = (index % 100 == 0).float()
    for gamma in gammas:
        def call():
            logits.grad = None
            q = torch.sigmoid(logits)
            loss = (-targets * (1 - q) ** gamma * torch.log(q)
                    - (1 - targets) * q ** gamma * torch.log(1 - q))
            loss.sum().backward()
        show(NAME, f"gamma {gamma:g}, {count}", seconds(call) * 1e9 / count)


measure(65536, [1.5, 2])
measure(1 << 24, [2])
