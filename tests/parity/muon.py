"""Muon in PyTorch, as Jordan et al. 2024 describe it: what core/muon.h and core/update.h are compared with."""
import torch

import model


def orthogonalise(G, steps):
    """The quintic Newton-Schulz iteration on G (out, in), which pushes its singular values towards 1."""
    a, b, c = 3.4445, -4.7750, 2.0315
    X = G / (G.norm() + 1e-7)
    tall = X.shape[0] > X.shape[1]
    if tall:
        X = X.T
    for _ in range(steps):
        A = X @ X.T
        X = a * X + (b * A + c * A @ A) @ X
    return X.T if tall else X


def parts(config, name, weight):
    """Views of a matrix (in, out), each with the factor on its change: what does different work is made orthogonal by itself."""
    H, G, hs = model.heads(config)
    rows, columns = weight.shape
    if name.endswith('attn.c_attn.weight'):
        pieces = weight.split([hs] * (H + 2 * G) if config['muon_heads'] else [H * hs, G * hs, G * hs], dim=1)
    elif name.endswith('attn.c_proj.weight') and config['muon_heads']:
        return [(piece, 1) for piece in weight.split(hs, dim=0)]
    elif name.endswith('mlp.c_fc.weight') and config['activation'] == 'swiglu':
        pieces = weight.chunk(2, dim=1)
    else:
        pieces = [weight]
    return [(piece, max(1, piece.shape[1] / piece.shape[0]) ** 0.5) for piece in pieces]


class Muon:
    """The blocks' matrices by Muon, all other tensors by AdamW. {name: parameter}, AdamW's groups."""

    def __init__(self, config, params, groups):
        self.config, self.params, self.steps = config, params, 0
        self.momentum = {name: torch.zeros_like(value) for name, value in params.items()}
        self.adamw = torch.optim.AdamW(groups, lr=1, betas=(config['beta1'], config['beta2']), eps=config['adam_eps'])

    def set_lr(self, lr):
        self.lr = lr
        for group in self.adamw.param_groups:
            group['lr'] = self.config['adam_lr'] * lr / self.config['learning_rate']

    def zero_grad(self):
        for value in self.params.values():
            value.grad = None
        self.adamw.zero_grad()

    @torch.no_grad()
    def step(self):
        self.adamw.step()
        start, end = self.config['muon_momentum_start'], self.config['muon_momentum']
        warmup = self.config['muon_momentum_iters']
        beta = start + (end - start) * self.steps / warmup if self.steps < warmup else end
        for name, value in self.params.items():
            m = self.momentum[name]
            m.mul_(beta).add_(value.grad, alpha=1 - beta)
            update = value.grad.lerp(m, beta)
            value.mul_(1 - self.lr * self.config['weight_decay'])
            for (piece, factor), (change, _) in zip(parts(self.config, name, value), parts(self.config, name, update)):
                piece.sub_(self.lr * factor * orthogonalise(change.T, self.config['muon_steps']).T)
        self.steps += 1
