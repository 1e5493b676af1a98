"""Muon in PyTorch, from its papers: what core/muon.h and core/update.h are compared with."""
import torch

import model


# Polynomials for singular values in [0.003, 1], each the best for what the one before it leaves, of x / 1.01 (Amsel et al. 2025, The Polar Express).
POLAR_EXPRESS = [
    (8.30066694348828, -24.0375442302536, 17.4661335456697), (4.00338656802022, -2.9228400184427, 0.541871269703839),
    (3.47086199727118, -2.54940433486729, 0.500203974995579), (2.46546132618243, -1.78032932390891, 0.415633234766748),
    (1.89878836508065, -1.25861295982887, 0.361276160358751)]


def orthogonalise(G, method, steps):
    """G (out, in) with its singular values pushed towards 1 by odd quintic polynomials."""
    X = G / (G.norm() + 1e-7)
    if method == 'polar_express':
        X = X / (torch.linalg.svdvals(X).pow(4).sum() ** 0.25 + 1e-7)
    tall = X.shape[0] > X.shape[1]
    if tall:
        X = X.T
    for step in range(steps):
        a, b, c = POLAR_EXPRESS[step] if method == 'polar_express' else (3.4445, -4.7750, 2.0315)
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
            own = self.config['vector_lr'] if group['kind'] == 'vector' else 0
            group['lr'] = (own or self.config['adam_lr']) * lr / self.config['learning_rate']

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
                piece.sub_(self.lr * factor * orthogonalise(change.T, self.config['muon_method'], self.config['muon_steps']).T)
        self.steps += 1
