"""The same with PyTorch: the loss as a formula, its gradient by autograd. See numpy_peer.py for the protocol."""
import resource
import sys
import time

import torch

settings = dict(word.split("=", 1) for word in sys.argv[1:])
n1, n2, m, k = (int(settings[key]) for key in ("n1", "n2", "m", "k"))
torch.set_num_threads(int(settings["threads"]))
torch.set_default_dtype(torch.float64)
torch.manual_seed(1)
A = torch.randn(m, n1 * n2).div_(m**0.5)
y = A @ torch.full((n1 * n2,), 1 / (n1 * n2) ** 0.5)
V = (torch.randn(n1, k) * 1e-3).requires_grad_()
W = (torch.randn(n2, k) * 1e-3).requires_grad_()
step = 0.1
for line in sys.stdin:
    words = line.split() or [""]
    if words[0] == "run":
        start = time.perf_counter()
        for _ in range(int(words[1])):
            loss = 0.5 * ((A @ (V @ W.T).reshape(-1) - y) ** 2).sum()
            loss.backward()
            with torch.no_grad():
                V -= step * V.grad
                W -= step * W.grad
            V.grad = W.grad = None
        print((time.perf_counter() - start) / int(words[1]), flush=True)
    elif words[0] == "memory":
        print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024, flush=True)
