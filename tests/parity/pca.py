"""Writes golden/pca.json, what tests/parity/pca.test.js compares principal components with: `make golden`. Rows come from Philox, block
(13, case, e),
columns scaled apart, and from the embeddings of the model that comes with Folio; NumPy's SVD in double precision says where they stand.
"""
import json
import pathlib
import struct

import numpy as np

import philox

ROOT = pathlib.Path(__file__).parent.parent.parent
SIZES = [(40, 12), (9, 30), (200, 64), (1, 5), (2, 3)]


def drawn(case, n, size):
    uniform = (philox.blocks(13, case, n * size)[:, 0] >> 8) * 2.0 ** -24 - 0.5
    return uniform.reshape(n, size) * 0.9 ** np.arange(size)


def shipped():
    """wte.weight of models/shakespeare-char."""
    data = (ROOT / 'models/shakespeare-char/model.safetensors').read_bytes()
    start = 8 + struct.unpack('<Q', data[:8])[0]
    entry = json.loads(data[8:start])['wte.weight']
    begin, end = entry['data_offsets']
    kind = {'F16': '<f2', 'F32': '<f4'}[entry['dtype']]
    return np.frombuffer(data[start + begin:start + end], kind).reshape(entry['shape']).astype(np.float64)


def components(rows, k=2):
    """Points (n, k), and shares of the variance; on each axis the point furthest out is positive."""
    centred = rows - rows.mean(axis=0)
    left, lengths, _ = np.linalg.svd(centred, full_matrices=False)
    points, shares = np.zeros((len(rows), k)), np.zeros(k)
    for c in range(min(k, len(lengths))):
        column = left[:, c] * lengths[c]
        points[:, c] = column * (1 if column[np.argmax(np.abs(column))] >= 0 else -1)
        shares[c] = lengths[c] ** 2 / max((lengths ** 2).sum(), 1e-300)
    return points, shares


def main():
    cases = [(f'drawn {n} x {size}', drawn(case, n, size)) for case, (n, size) in enumerate(SIZES)] + [('shipped', shipped())]
    golden = []
    for name, rows in cases:
        points, shares = components(rows)
        n, size = rows.shape
        golden.append(dict(name=name, n=n, size=size, points=np.round(points, 7).ravel().tolist(), shares=np.round(shares, 9).tolist()))
    (pathlib.Path(__file__).parent / 'golden' / 'pca.json').write_text(json.dumps(golden) + '\n')


if __name__ == '__main__':
    main()
