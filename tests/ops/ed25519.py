"""Ed25519 verification as RFC 8032 section 5.1.7 writes it down: slow, and nobody's code but its own."""

import hashlib

P = 2**255 - 19
ORDER = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, -1, P) % P
Point = tuple[int, int]


def verifies(public: bytes, message: bytes, signature: bytes) -> bool:
    """Say whether the holder of the private half signed this message."""
    r, s = _decoded(signature[:32]), int.from_bytes(signature[32:], "little")
    a = _decoded(public)
    if len(signature) != 64 or r is None or a is None or s >= ORDER:
        return False
    digest = hashlib.sha512(signature[:32] + public + message).digest()
    k = int.from_bytes(digest, "little") % ORDER
    return _times(s, _base()) == _sum(r, _times(k, a))


def _decoded(raw: bytes) -> Point | None:
    number = int.from_bytes(raw, "little")
    y, sign = number & (2**255 - 1), number >> 255
    return None if y >= P else _x_of(y, sign)


def _x_of(y: int, sign: int) -> Point | None:
    square = (y * y - 1) * pow(D * y * y + 1, -1, P) % P
    x = pow(square, (P + 3) // 8, P)
    if (x * x - square) % P:
        x = x * pow(2, (P - 1) // 4, P) % P
    if (x * x - square) % P:
        return None
    return (P - x if x & 1 != sign else x, y)


def _base() -> Point:
    found = _x_of(4 * pow(5, -1, P) % P, 0)
    assert found is not None
    return found


def _sum(a: Point, b: Point) -> Point:
    (x, y), (u, v) = a, b
    m = D * x * u * y * v % P
    return (
        (x * v + y * u) * pow(1 + m, -1, P) % P,
        (y * v + x * u) * pow(1 - m, -1, P) % P,
    )


def _times(factor: int, point: Point) -> Point:
    result = (0, 1)
    while factor:
        if factor & 1:
            result = _sum(result, point)
        point, factor = _sum(point, point), factor >> 1
    return result
