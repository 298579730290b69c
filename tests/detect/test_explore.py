from tests.detect import people, papers, work
from tests.detect.acts import *
from tests.detect.watched import *
from tests.detect.test_table import _prepared, _audited
async def test_x(unlinked):
    acts = await _prepared(unlinked)
    for n in ACTS:
        print(n, await ACTS[n](acts))
    await unlinked.poll()
    print("FED",[(e["type"],e["origin"],e["data"]["remote_id"]) for e in await unlinked.news() if e["type"].split(".")[0] in ("location","user","rejection_reason","job","question")])
    print((await unlinked.ledger())["doubts"])
    await unlinked.sweep(*sweeps(fed=True))
    print("SWEPT",[(e["type"],e["origin"],e["data"]["remote_id"]) for e in await unlinked.news()])
    print((await unlinked.ledger())["doubts"])
