"""The GPT of core/layout.h and core/ops.h in PyTorch, from the papers: an opinion of its own, in double precision."""
import math

import numpy as np
import torch
from torch.nn import functional as F

import philox


def heads(config):
    """H, G, hs: query heads, key/value heads, head size."""
    H = config['n_head']
    return H, config['n_kv_head'] or H, config['n_embd'] // H


def layout(config):
    """[(name, shape, group)] in layout order; group is matrix, embedding or vector (core/layout.h)."""
    C, V, T = config['n_embd'], config['vocab_size'], config['block_size']
    inner = config['n_inner'] or 4 * C
    H, G, hs = heads(config)
    tensors = [('wte.weight', (V, C), 'embedding')]
    if config['position'] == 'learned':
        tensors.append(('wpe.weight', (T, C), 'embedding'))

    def norm(name):
        if config['norm_affine']:
            tensors.append((name + '.weight', (C,), 'vector'))
            if config['bias'] and config['norm'] == 'layernorm':
                tensors.append((name + '.bias', (C,), 'vector'))

    def conv(name):
        if config['conv_size'] > 1:
            tensors.append((name + '.conv.weight', (config['conv_size'] - 1, C), 'vector'))

    def linear(name, rows, columns):
        tensors.append((name + '.weight', (rows, columns), 'matrix'))
        if config['bias']:
            tensors.append((name + '.bias', (columns,), 'vector'))

    for l in range(config['n_layer']):
        block = f'h.{l}.'
        norm(block + 'ln_1')
        conv(block + 'attn')
        linear(block + 'attn.c_attn', C, (H + 2 * G) * hs)
        linear(block + 'attn.c_proj', C, C)
        norm(block + 'ln_2')
        conv(block + 'mlp')
        linear(block + 'mlp.c_fc', C, inner * (2 if config['activation'] == 'swiglu' else 1))
        linear(block + 'mlp.c_proj', inner, C)
    norm('ln_f')
    if not config['tie_weights']:
        tensors.append(('lm_head.weight', (V, C), 'embedding'))
    return tensors


def parameters(config):
    """{name: leaf tensor}. Element e of tensor i is U = (word 0 of block (7, i, e) >> 8) 2^-24 - 0.5 times a power of two,
    plus 1 for vectors that are weights (of normalisations, convolutions), rounded to f32: the tests make the same numbers."""
    params = {}
    for i, (name, shape, group) in enumerate(layout(config)):
        word = philox.blocks(7, i, int(np.prod(shape)))[:, 0]
        uniform = (word >> 8) * 2.0 ** -24 - 0.5
        norm_weight = group == 'vector' and name.endswith('.weight')
        scale = {'embedding': 1, 'matrix': 0.5, 'vector': 0.5}[group]
        values = np.float32(uniform * scale + (1 if norm_weight else 0)).astype(np.float64)
        params[name] = torch.from_numpy(values.reshape(shape)).requires_grad_()
    return params


def drop(config, x, batch_index, site):
    """Dropout with the masks of core/ops.h; batch_index None: the model is not training."""
    p = config['dropout']
    if batch_index is None or p == 0:
        return x
    minor = batch_index * (3 * config['n_layer'] + 1) + site
    words = philox.words(config['seed'], philox.stream(philox.RNG_DROPOUT, minor), x.numel())
    kept = words >= int(p * 2 ** 32)
    mask = kept * np.float64(np.float32(1 / (1 - p)))
    return x * torch.from_numpy(mask).reshape(x.shape)


def normalise(config, x, params, name):
    weight, bias = params.get(name + '.weight'), params.get(name + '.bias')
    if config['norm'] == 'layernorm':
        return F.layer_norm(x, x.shape[-1:], weight, bias, config['norm_eps'])
    y = x * torch.rsqrt(x.pow(2).mean(-1, keepdim=True) + config['norm_eps'])
    return y if weight is None else y * weight


def sinusoidal(T, C):
    """Vaswani et al. 2017, 3.5."""
    table = torch.zeros(T, C, dtype=torch.float64)
    for t in range(T):
        for c in range(C):
            angle = t / 10000 ** ((c - c % 2) / C)
            table[t, c] = math.cos(angle) if c % 2 else math.sin(angle)
    return table


def rotate(x, theta):
    """Rotary positions (Su et al. 2021) on x (B, heads, T, hs), first half of a head against the second."""
    T, hs = x.shape[-2:]
    angle = torch.arange(T, dtype=torch.float64)[:, None] * theta ** (-torch.arange(0, hs, 2, dtype=torch.float64) / hs)
    cos, sin = angle.cos(), angle.sin()
    a, b = x[..., :hs // 2], x[..., hs // 2:]
    return torch.cat([a * cos - b * sin, b * cos + a * sin], dim=-1)


def alibi_slopes(H):
    """Press et al. 2022, with their rule for head counts that are no powers of two."""
    power = 2 ** math.floor(math.log2(H))
    slopes = [2 ** (-8 * (i + 1) / power) for i in range(power)]
    between = [2 ** (-8 * (i + 1) / (2 * power)) for i in range(0, 2 * power, 2)]
    return torch.tensor(slopes + between[:H - power], dtype=torch.float64)


def attention(config, x, params, block, batch_index, site, seen):
    B, T, C = x.shape
    H, G, hs = heads(config)
    qkv = linear(config, convolve(x, params, block + 'attn'), params, block + 'attn.c_attn', batch_index)
    q, k, v = (part.view(B, T, -1, hs).transpose(1, 2) for part in qkv.split([H * hs, G * hs, G * hs], dim=-1))
    if config['qk_norm']:
        q, k = (part * torch.rsqrt(part.pow(2).mean(-1, keepdim=True) + config['norm_eps']) for part in (q, k))
    if config['position'] == 'rope':
        q, k = rotate(q, config['rope_theta']), rotate(k, config['rope_theta'])
    k, v = k.repeat_interleave(H // G, dim=1), v.repeat_interleave(H // G, dim=1)
    scores = q @ k.transpose(-2, -1) * (config['attn_scale'] or 1 / math.sqrt(hs))
    distance = torch.arange(T)[:, None] - torch.arange(T)
    if config['position'] == 'alibi':
        scores = scores - alibi_slopes(H)[:, None, None] * distance.abs()
    if config['causal']:
        scores = scores.masked_fill(distance < 0, -math.inf)
    seen.append(scores.softmax(-1))
    probabilities = drop(config, seen[-1], batch_index, site)
    return linear(config, (probabilities @ v).transpose(1, 2).reshape(B, T, C), params, block + 'attn.c_proj', batch_index)


def levels(x, dim, most):
    """x rounded to `most` levels on either side of 0, of which the largest absolute value along dim is the last."""
    scale = x.abs().amax(dim, keepdim=True).clamp_min(1e-30) / most
    return torch.round(x / scale) * scale


class Int8(torch.autograd.Function):
    """x (R, I) times w (I, O): the left operand of each product in 8 bits by row, the right one in 7 by column. R, I and O are below a block of 256."""

    @staticmethod
    def forward(ctx, x, w):
        ctx.save_for_backward(x, w)
        return levels(x, 1, 127) @ levels(w, 0, 63)

    @staticmethod
    def backward(ctx, dy):
        x, w = ctx.saved_tensors
        return levels(dy, 1, 127) @ levels(w.T, 0, 63), levels(x.T, 1, 127) @ levels(dy, 0, 63)


def linear(config, x, params, name, batch_index):
    weight = params[name + '.weight']
    whole = config['linear_dtype'] == 'int8' and batch_index is not None
    y = Int8.apply(x.reshape(-1, x.shape[-1]), weight).view(*x.shape[:-1], -1) if whole else x @ weight
    return y + params[name + '.bias'] if name + '.bias' in params else y


def convolve(x, params, name):
    """x (B, T, C) + for each channel what its weights take of the tokens before; weight (taps, C), the nearest token first."""
    weight = params.get(name + '.conv.weight')
    if weight is None:
        return x
    taps, C = weight.shape
    kernel = torch.cat([weight.flip(0), torch.ones(1, C, dtype=weight.dtype)]).T[:, None]
    return F.conv1d(F.pad(x.transpose(1, 2), (taps, 0)), kernel, groups=C).transpose(1, 2)


def mlp(config, x, params, block, batch_index):
    x = convolve(x, params, block + 'mlp')
    hidden = linear(config, x, params, block + 'mlp.c_fc', batch_index)
    kind = config['activation']
    if kind == 'swiglu':
        gate, up = hidden.chunk(2, dim=-1)
        hidden = F.silu(gate) * up
    elif kind == 'gelu':
        hidden = F.gelu(hidden, approximate='tanh')
    else:
        hidden = F.relu(hidden) ** (2 if kind == 'relu2' else 1)
    return linear(config, hidden, params, block + 'mlp.c_proj', batch_index)


def forward(config, params, ids, batch_index=None, inside=None):
    """Logits (B, T, V) of ids (B, T). batch_index: which dropout masks; None: none. inside: a dictionary that receives `attention`, probabilities
    (B, H, T, T) by layer, and `lens`, logits after each number of blocks from 0."""
    attended, streams = [], []
    T, C = ids.shape[1], config['n_embd']
    x = params['wte.weight'][ids]
    if config['position'] == 'learned':
        x = x + params['wpe.weight'][:T]
    if config['position'] == 'sinusoidal':
        x = x + sinusoidal(T, C)
    x = drop(config, x, batch_index, 0)
    if config['embd_norm']:
        x = normalise(config, x, {}, '')
    for l in range(config['n_layer']):
        block = f'h.{l}.'
        streams.append(x)
        branch = attention(config, normalise(config, x, params, block + 'ln_1'), params, block, batch_index, 1 + 3 * l, attended)
        x = x + drop(config, branch, batch_index, 2 + 3 * l)
        branch = mlp(config, normalise(config, x, params, block + 'ln_2'), params, block, batch_index)
        x = x + drop(config, branch, batch_index, 3 + 3 * l)
    head = params['wte.weight' if config['tie_weights'] else 'lm_head.weight']
    lens = [normalise(config, stream, params, 'ln_f') @ head.T for stream in streams + [x]]
    if inside is not None:
        inside.update(attention=attended, lens=lens)
    return lens[-1]


def loss(config, params, inputs, targets, batch_index=None):
    """Mean cross-entropy in nats."""
    logits = forward(config, params, inputs, batch_index)
    return F.cross_entropy(logits.flatten(0, 1), targets.flatten())
