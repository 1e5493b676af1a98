"""Writes golden/*.safetensors, what tests/parity/parity.test.js compares the package with: `make golden`.

Needs Debian's python3-torch. All is computed in double precision and stored as f32, one file a configuration: tensors
`logits` (of batch 0, without dropout), `inside.attention` and `inside.lens` (by layer, of its first window) and `grad.<name>` (of batch 0, with
dropout), metadata `config`, `layout`, `loss`
(that of the gradients) and `steps` (loss, lr and grad_norm of ten steps). Parameters and batches are not stored: both
sides draw them from Philox (model.py, batch below).
"""
import json
import math
import os
import pathlib
import struct

os.environ['OPENBLAS_NUM_THREADS'] = '1'

import numpy as np
import torch

import configurations
import model
import muon
import philox


def batch(config, index):
    """Inputs and targets (B, T): ids e = b (T + 1) + t are word 0 of block (11, index, e) modulo V."""
    B, T = config['batch_size'], config['block_size']
    ids = philox.blocks(11, index, B * (T + 1))[:, 0].astype(np.int64) % config['vocab_size']
    ids = torch.from_numpy(ids).view(B, T + 1)
    return ids[:, :-1], ids[:, 1:]


def learning_rate(config, step):
    """Of the step after `step` steps."""
    peak, floor, warmup, end = (config[key] for key in ('learning_rate', 'min_lr', 'warmup_iters', 'max_iters'))
    if step < warmup:
        return peak * (step + 1) / (warmup + 1)
    if config['schedule'] == 'constant':
        return peak
    if config['schedule'] == 'wsd':
        decay = config['decay_iters'] or end // 5
        return peak + (floor - peak) * min(max(step - (end - decay), 0) / decay, 1)
    ratio = min((step - warmup) / (end - warmup), 1)
    if config['schedule'] == 'linear':
        return peak + (floor - peak) * ratio
    return floor + 0.5 * (1 + math.cos(math.pi * ratio)) * (peak - floor)


def make_optimizer(config, params):
    """(optimizer, function that sets its learning rate)."""
    decays = {'matrix': 'weight_decay', 'embedding': 'embd_weight_decay', 'vector': 'vector_weight_decay'}

    def groups(*kinds):
        return [dict(params=[params[name]], weight_decay=config[decays[group]], kind=group) for name, _, group in model.layout(config) if group in kinds]

    if config['optimizer'] == 'muon':
        matrices = {name: params[name] for name, _, group in model.layout(config) if group == 'matrix'}
        optimizer = muon.Muon(config, matrices, groups('embedding', 'vector'))
        return optimizer, optimizer.set_lr
    if config['optimizer'] == 'sgd':
        optimizer = torch.optim.SGD(groups(*decays), lr=1, momentum=config['beta1'])
    else:
        optimizer = torch.optim.AdamW(groups(*decays), lr=1, betas=(config['beta1'], config['beta2']), eps=config['adam_eps'])

    def set_lr(lr):
        for group in optimizer.param_groups:
            group['lr'] = lr

    return optimizer, set_lr


def train(config, params):
    """Ten steps: [{loss, lr, grad_norm}], each before its update; grad_norm is that before clipping."""
    optimizer, set_lr = make_optimizer(config, params)
    micro_batches = config['gradient_accumulation_steps']
    steps = []
    for step in range(configurations.STEPS):
        lr = learning_rate(config, step)
        set_lr(lr)
        optimizer.zero_grad()
        total = 0
        for index in range(step * micro_batches, (step + 1) * micro_batches):
            loss = model.loss(config, params, *batch(config, index), index)
            (loss / micro_batches).backward()
            total += loss.item() / micro_batches
        norm = torch.nn.utils.clip_grad_norm_(params.values(), config['grad_clip'] or math.inf)
        optimizer.step()
        steps.append(dict(loss=total, lr=lr, grad_norm=norm.item()))
    return steps


def reference(config):
    """(metadata, tensors) of one configuration."""
    params = model.parameters(config)
    inputs, targets = batch(config, 0)
    inside = {}
    with torch.no_grad():
        tensors = {'logits': model.forward(config, params, inputs, inside=inside)}
        tensors.update({'inside.' + name: torch.stack([layer[0] for layer in layers]) for name, layers in inside.items()})
    loss = model.loss(config, params, inputs, targets, 0)
    loss.backward()
    tensors.update({'grad.' + name: value.grad.clone() for name, value in params.items()})
    metadata = dict(config=config, layout=model.layout(config), loss=loss.item(), steps=train(config, params))
    return metadata, tensors


def save(path, metadata, tensors):
    """A safetensors file of f32."""
    header, end = {'__metadata__': {key: json.dumps(value) for key, value in metadata.items()}}, 0
    for name, tensor in tensors.items():
        header[name] = dict(dtype='F32', shape=list(tensor.shape), data_offsets=[end, end + 4 * tensor.numel()])
        end += 4 * tensor.numel()
    text = json.dumps(header).encode()
    text += b' ' * (-len(text) % 8)
    data = b''.join(tensor.numpy().astype('<f4').tobytes() for tensor in tensors.values())
    path.write_bytes(struct.pack('<Q', len(text)) + text + data)


def main():
    torch.set_num_threads(1)
    torch.use_deterministic_algorithms(True)
    philox.check()
    folder = pathlib.Path(__file__).parent / 'golden'
    folder.mkdir(exist_ok=True)
    for old in folder.glob('*.safetensors'):
        old.unlink()
    for name in configurations.CONFIGURATIONS:
        metadata, tensors = reference(configurations.complete(name))
        save(folder / (name + '.safetensors'), metadata, tensors)
        losses = [step['loss'] for step in metadata['steps']]
        print(f'{name}: loss {metadata["loss"]:.6f}, after ten steps {losses[-1]:.6f}')


if __name__ == '__main__':
    main()
