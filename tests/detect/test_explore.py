import time; from pathlib import Path; exec(Path("/tmp/prof.py").read_text())
from tests.detect.conftest import watched as watched
from tests.detect.watched import *
async def test_quiet(watched):
    t=time.time()
    one = await watched.reconcile()
    print("RECON", one, time.time()-t)
    print(await watched.news())
    two = await watched.reconcile()
    print("RECON", two)
    print(await watched.ledger())
