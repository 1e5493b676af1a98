"""Philox4x32-10 (Salmon, Moraes, Dror, Shaw 2011), written from the paper, and the streams of core/rng.h."""
import numpy as np

RNG_DROPOUT = 3
LOW = np.uint64(0xFFFFFFFF)


def stream(purpose, minor):
    """The 64-bit stream number of part `minor` (below 2^56) of a purpose."""
    return purpose << 56 | minor


def blocks(seed, stream_number, count):
    """Words (count, 4) of the blocks with index 0 .. count - 1: key = seed, counter = {index, stream}, low words first."""
    index = np.arange(count, dtype=np.uint64)
    c0, c1 = index & LOW, index >> np.uint64(32)
    c2 = np.full(count, stream_number & 0xFFFFFFFF, np.uint64)
    c3 = np.full(count, stream_number >> 32, np.uint64)
    k0, k1 = seed & 0xFFFFFFFF, seed >> 32
    for _ in range(10):
        p0, p1 = c0 * np.uint64(0xD2511F53), c2 * np.uint64(0xCD9E8D57)
        c0, c1, c2, c3 = ((p1 >> np.uint64(32)) ^ c1 ^ np.uint64(k0), p1 & LOW,
                          (p0 >> np.uint64(32)) ^ c3 ^ np.uint64(k1), p0 & LOW)
        k0, k1 = (k0 + 0x9E3779B9) & 0xFFFFFFFF, (k1 + 0xBB67AE85) & 0xFFFFFFFF
    return np.stack([c0, c1, c2, c3], axis=1).astype(np.uint32)


def words(seed, stream_number, count):
    """The first `count` words of a stream, four a block."""
    return blocks(seed, stream_number, (count + 3) // 4).reshape(-1)[:count]


def check():
    """The known answers of the paper's own implementation (Random123, kat_vectors)."""
    assert [int(w) for w in blocks(0, 0, 1)[0]] == [0x6627E8D5, 0xE169C58D, 0xBC57AC4C, 0x9B00DBD8]
