"""x"""
import contextlib
SAFEGUARDS: dict[str, object] = {}
@contextlib.contextmanager
def switched_off(name):
    yield
