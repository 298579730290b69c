"""Every Redis key: its name, type, lifetime, or the reason why it has none.

`c` is a connection id, `s` a subscriber id, `r` a root as `model:remote id`. The scripts in `lua/`
build the same names; `tests/store/test_keys.py` holds the two against each other.

| key | type | holds | lifetime |
| --- | --- | --- | --- |
| conns | zset | connection id -> when made | none: configuration |
| conn:{c} | hash | one connection, secrets sealed | none: configuration, gone with `remove` |
| hook:{hook} | string | connection id | none: configuration, gone with `remove` |
| seen:{c}:{fp} | string | mark of a webhook that was accepted | 72 h |
| unmapped:{c} | zset | [model, field, value] that no unified enum has -> how often | 30 days |
| within:{c}:{scope} | hash | job's unified id -> whether it is in that scope | 7 days |
| in:{c} | stream | inbox: one entry per (webhook, root) | none: an entry leaves with its commit |
| park:{c} | hash | root -> entries that wait for another try | none: leaves with its commit or burial |
| parkdue:{c} | zset | root -> when to try again | as park |
| begun:{c} | hash | root -> times it was begun and not ended | none: leaves with its commit or parking |
| act:{id} | hash | an action: what was asked for (sealed), its steps, how it ended | 30 d after its end |
| acts:{c} | zset | action -> when it was asked for, the newest 10,000 | 30 d after the last ended |
| actopen:{c} | set | actions that have not ended | none: leave when they end |
| actkey:{c}:{key} | string | the action that a key stands for | 72 h; 30 s without a key of the caller's |
| passed:{c}:{key} | string | a write passed on under a caller's key: which, its end, ids | 72 h |
| made:{c} | set | what was made through us or imported | none: gone with `remove`, an erasure |
| hidden:{c} | string | "said within the hour" | 1 h |
| hidden:n:{c} | set | records hidden from the token, not said yet | 24 h |
| watch:{c} | hash | where the feed and the sweeps stand | none: configuration, gone with `remove` |
| led:{c}:{day} | hash | ledger of a day: received, found, healed | 400 d |
| recons:{c} | zset | reconciliation -> when it began, the newest 200 | none: bounded |
| recon:{c} | hash | reconciliation -> what it found | as recons |
| recq:{c} | list | what a reconciliation has yet to look at | none: emptied by it |
| gaps:{c} | list | gaps that were found, the newest 200 | 400 d after the last |
| fed:{c} | zset | the feed's latest entries that were taken | 24 h after the last |
| listed:{c} | set | the company's lists that were read whole | none: as the records |
| doubts:{c} | hash | root -> why its list is not believed to be whole | 30 d after the last |
| drift:{c} | hash | how answers differ from what is expected -> count, first, last | 30 d after the last |
| ready:in, ready:out, ready:rpl | zset | owner -> next look (claimed: lease end) | none: bounded by owners |
| ready:era | zset | the same of erasures | none: leave when done |
| lease:in, lease:out, lease:rpl | hash | owner of a claim -> fencing token | none: bounded by owners |
| lease:era | hash | the same of erasures | none: leave when done |
| tok | string | counter of tokens | none: one number |
| rec:{c}:{model}:{id} | hash | snapshot: v q f g d h t; w, p, a, l at times | none: the record itself |
| kids:{c}:{r} | set | records that came with a root | none: as the records |
| uid:{c}:{model} | hash | unified id -> remote id | none: as the records |
| given:{c} | hash | unified id -> the id that was taken along for it | none: as the records |
| adopted:{c} | hash | model:id that was taken along -> remote id | none: as the records |
| given:{c}:next, adopted:{c}:next | hash | the same with what a run adds, until it is kept | 24 h |
| adopting:{c} | hash | the run that takes ids along, or the last | 24 h |
| adopting:{c}:rows | hash | model:id that it takes along -> its row | 24 h |
| looking:{c}:{r} | string | inbox entry by which a reader has a root looked at | 1 s |
| looks:{c} | string | how much readers had looked at in this window | seconds |
| ix:{c}:{model} | zset | remote id -> changed at | none: as the records |
| left:{c} | hash | keyed hash of a forgotten record -> its last sequence | none: sequences go on |
| sup:{c} | hash | suppress list: keyed hash of an erased candidate -> erasure | none: it is to stay out |
| supkey | string | the key of those hashes, sealed | none: one key |
| erasures | zset | erasure -> when made | none: proof of what was done |
| era:{id} | hash | one erasure, without the person's id | none: proof of what was done |
| who:{id} | string | the remote id of whom it is about | retention |
| told:{e} | set | the subscribers that an erasure's event is for | retention |
| consent:{c} | zset | candidate -> when its consent ends | none: as the records |
| warned:{c} | hash | candidate -> the end and the days that were told last | none: as the records |
| log:{c} | stream | event log: id, type, subject, model, remote id | trimmed to the retention |
| ev:{e} | string | an event's body, the bytes that are sent | retention |
| body:{e} | hash | form (format and redaction) -> the same, rendered so | retention |
| tl:{c}:{model}:{id} | list | a record's event ids | retention after the last |
| early:{c} | string | how far bodies were dropped early | minutes |
| rate:{c} | string | when the next request to Recruitee is free | seconds |
| calls:{c} | zset | live call of the unified API under way -> when its place ends | 2 min |
| dirty | set | connections whose log grew since the last fan-out | none: emptied by each look |
| bell:in, bell:out, bell:rpl, bell:era | string | "a job is on its way" | 2 s |
| arq:queue | zset | arq's jobs, which are bells only | none: emptied by the workers |
| arq:* | | arq's own | a minute |
| subs | zset | subscriber id -> when made | none: configuration |
| subs:on | set | those that are active | none: configuration |
| sub:{s} | hash | one subscriber, secrets sealed | none: configuration |
| pos:{s} | hash | connection -> last log entry read | none: configuration |
| news:{s} | set | connections with entries not read yet | none: emptied by reading |
| d:{s}, d:{s}:replay | hash | open deliveries, live and replayed | none: leave when settled |
| due:{s}, due:{s}:replay | zset | delivery -> next attempt (in flight: deadline) | as d |
| lane:{s} | hash | subject -> delivery at its head | as d |
| first:{s} | zset | lane heads that were never tried -> since when they may be | as d |
| gave:{s} | string | what the last step handed out, should its reply be lost | seconds |
| ahead:{s} | string | token, and what its worker has in hand and has not sent | seconds |
| took:{s} | list | ms that the last 100 attempts took | none: 100 numbers, gone with `remove` |
| held | set | subscribers whose breaker is open | none: bounded by subscribers |
| wait:{s}:{subject} | list | deliveries behind the head | as d |
| dlv:{d} | string | a settled delivery with its attempts | retention |
| dlvs, dlvs:{s} | zset | delivery -> when opened | trimmed to the retention |
| evd:{e} | set | deliveries of an event | retention |
| dead | zset | dead letter -> when it failed | trimmed to the retention |
| dlt:{id} | string | one dead letter | retention |
| replaying | hash | dead letter -> replay that sends it again | none: leaves when that is settled |
| rpl:{id} | hash | a replay | retention |
| rplq:{id} | list | what it has yet to open | retention |
| rplask:{id} | string | what it asks for, while it selects | retention |
| rplo:{id} | hash | a backfill's open deliveries -> their events | retention |
| rpls | zset | replay -> when made | trimmed to the retention |
| apikeys | zset | API key -> when made | none: configuration |
| access:{s} | zset | a subscriber's access token -> when it expires | until the last expires |
| key:{k} | hash | one API key or access token, without its secret | none: configuration, or until it ends |
| keyof:{digest} | string | whose secret has this digest | none: configuration, or as the key |
| used:{k} | string | how often a key asked in this minute | 60 s |
| mcptoks | zset | MCP token -> when made | none: configuration |
| mcptok:{t} | hash | one MCP token, without its secret | none: configuration, or until it expires |
| mcptokof:{digest} | string | whose secret has this digest | none: configuration, or as the token |
| mcpused:{t} | string | how often an MCP token asked in this minute | 60 s |
| mcpask:{id} | hash | a dry run that an agent may confirm, and the replay that came of it | 10 min |
| links | zset | set-up link -> when it is forgotten | trimmed as they are forgotten |
| link:{id} | hash | one set-up link, without its token | a week beyond its end |
| linked:{digest} | string | the connection that came of a set-up link | 1 h |
| audit | stream | who did what | trimmed to 180 days and to 100,000 |
| consumer:{owner}:{name} | string | a feed consumer's cursor | twice the retention after the last use |
| beat | string | when a worker last swept | 60 s |
| probe | string | written by `/readyz` | 60 s |
| stat | hash | counters | none: a few dozen numbers |
"""

SEEN_S = 72 * 3600


def connection(c: str) -> str:
    """Hash of one connection."""
    return f"conn:{c}"


def hook(hook_id: str) -> str:
    """String: whose hook it is."""
    return f"hook:{hook_id}"


def unmapped(c: str) -> str:
    """Sorted set of values that no unified enum has a word for."""
    return f"unmapped:{c}"


def within(c: str, scope: str) -> str:
    """Hash of which jobs are in a scope."""
    return f"within:{c}:{scope}"


def inbox(c: str) -> str:
    """Stream of what webhooks want looked at."""
    return f"in:{c}"


def parked(c: str) -> str:
    """Hash of roots that wait for another try."""
    return f"park:{c}"


def parked_due(c: str) -> str:
    """Sorted set of when they are tried."""
    return f"parkdue:{c}"


def action(action_id: str) -> str:
    """Hash of one action."""
    return f"act:{action_id}"


def actions(c: str) -> str:
    """Sorted set of a connection's actions."""
    return f"acts:{c}"


def open_actions(c: str) -> str:
    """Set of a connection's actions that have not ended."""
    return f"actopen:{c}"


def made(c: str) -> str:
    """Set of what was made through us or imported."""
    return f"made:{c}"


def hidden(c: str) -> str:
    """Set of the records that the token may not see and nothing was said of yet."""
    return f"hidden:n:{c}"


def watch(c: str) -> str:
    """Hash of where the feed and the sweeps stand."""
    return f"watch:{c}"


def ledger(c: str, day: int) -> str:
    """Hash of a day's counters; days since the epoch."""
    return f"led:{c}:{day}"


def reconciliations(c: str) -> str:
    """Sorted set of a connection's reconciliations."""
    return f"recons:{c}"


def reconciled(c: str) -> str:
    """Hash of what each reconciliation found."""
    return f"recon:{c}"


def to_look_at(c: str) -> str:
    """List of what a reconciliation has yet to look at."""
    return f"recq:{c}"


def taken(c: str) -> str:
    """Sorted set of the feed's latest entries that were taken."""
    return f"fed:{c}"


def gaps(c: str) -> str:
    """List of gaps that were found."""
    return f"gaps:{c}"


def listed(c: str) -> str:
    """Set of the company's lists that were read whole."""
    return f"listed:{c}"


def doubts(c: str) -> str:
    """Hash of the lists that are not believed to be whole."""
    return f"doubts:{c}"


def drift(c: str) -> str:
    """Hash of how a connection's answers differ from what is expected."""
    return f"drift:{c}"


def early(c: str) -> str:
    """String: how far a log's bodies were looked at, to be dropped early."""
    return f"early:{c}"


def left_off(c: str) -> str:
    """Hash of forgotten records' sequences."""
    return f"left:{c}"


def suppressed(c: str) -> str:
    """Hash of the candidates who are to stay out."""
    return f"sup:{c}"


def erasure(erasure_id: str) -> str:
    """Hash of one erasure."""
    return f"era:{erasure_id}"


def erased(erasure_id: str) -> str:
    """String: whom an erasure is about."""
    return f"who:{erasure_id}"


def told(event_id: str) -> str:
    """Set of the subscribers that an erasure's event is for."""
    return f"told:{event_id}"


def consents(c: str) -> str:
    """Sorted set of when candidates' consents end."""
    return f"consent:{c}"


def warned(c: str) -> str:
    """Hash of what was told of ending consents."""
    return f"warned:{c}"


def record(c: str, model: str, remote_id: str) -> str:
    """Hash of one snapshot."""
    return f"rec:{c}:{model}:{remote_id}"


def children(c: str, model: str, remote_id: str) -> str:
    """Set of the records that came with a root."""
    return f"kids:{c}:{model}:{remote_id}"


def remote_ids(c: str, model: str) -> str:
    """Hash of unified id to remote id."""
    return f"uid:{c}:{model}"


def index(c: str, model: str) -> str:
    """Sorted set of a model's records by change."""
    return f"ix:{c}:{model}"


def given(c: str) -> str:
    """Hash of unified id to the one taken along for it."""
    return f"given:{c}"


def adopted(c: str) -> str:
    """Hash of ids that were taken along to their records."""
    return f"adopted:{c}"


def adopting(c: str) -> str:
    """Hash of the run that takes ids along."""
    return f"adopting:{c}"


def log(c: str) -> str:
    """Stream of a connection's events."""
    return f"log:{c}"


def event(event_id: str) -> str:
    """String: an event's body."""
    return f"ev:{event_id}"


def body(event_id: str) -> str:
    """Hash of an event's body in other forms."""
    return f"body:{event_id}"


def timeline(c: str, model: str, remote_id: str) -> str:
    """List of a record's event ids."""
    return f"tl:{c}:{model}:{remote_id}"


def passed(c: str, key: str) -> str:
    """String: a write that was passed on under a key."""
    return f"passed:{c}:{key}"


def calls(c: str) -> str:
    """Sorted set of live calls that are under way."""
    return f"calls:{c}"


def rate(c: str) -> str:
    """String: when the next request is free."""
    return f"rate:{c}"


def subscriber(s: str) -> str:
    """Hash of one subscriber."""
    return f"sub:{s}"


def positions(s: str) -> str:
    """Hash of a subscriber's positions."""
    return f"pos:{s}"


def news(s: str) -> str:
    """Set of connections that a subscriber has yet to read."""
    return f"news:{s}"


def replay_line(s: str) -> str:
    """The name under which a subscriber's replays are open and due."""
    return f"{s}:replay"


def open_deliveries(s: str) -> str:
    """Hash of a subscriber's open deliveries."""
    return f"d:{s}"


def due(s: str) -> str:
    """Sorted set of a subscriber's next attempts."""
    return f"due:{s}"


def lanes(s: str) -> str:
    """Hash of lane heads."""
    return f"lane:{s}"


def waiting(s: str, subject: str) -> str:
    """List of those behind a lane's head."""
    return f"wait:{s}:{subject}"


def delivery(delivery_id: str) -> str:
    """String: a settled delivery."""
    return f"dlv:{delivery_id}"


def deliveries(s: str = "") -> str:
    """Sorted set of all deliveries, or of one subscriber's."""
    return f"dlvs:{s}" if s else "dlvs"


def deliveries_of(event_id: str) -> str:
    """Set of an event's deliveries."""
    return f"evd:{event_id}"


def dead_letter(dead_letter_id: str) -> str:
    """String: one dead letter."""
    return f"dlt:{dead_letter_id}"


def replay(replay_id: str) -> str:
    """Hash of one replay."""
    return f"rpl:{replay_id}"


def replay_queue(replay_id: str) -> str:
    """List of what a replay has yet to open."""
    return f"rplq:{replay_id}"


def access(s: str) -> str:
    """Sorted set of a subscriber's access tokens."""
    return f"access:{s}"


def api_key(k: str) -> str:
    """Hash of one API key or access token."""
    return f"key:{k}"


def key_of(digest: str) -> str:
    """String: whose secret has this digest."""
    return f"keyof:{digest}"


def used(k: str) -> str:
    """String: how often a key asked in this window."""
    return f"used:{k}"


def mcp_token(t: str) -> str:
    """Hash of one MCP token."""
    return f"mcptok:{t}"


def mcp_token_of(digest: str) -> str:
    """String: whose secret has this digest."""
    return f"mcptokof:{digest}"


def mcp_used(t: str) -> str:
    """String: how often an MCP token asked in this window."""
    return f"mcpused:{t}"


def mcp_confirm(confirm: str) -> str:
    """Hash of a dry run that may be confirmed."""
    return f"mcpask:{confirm}"


def link(link_id: str) -> str:
    """Hash of one set-up link."""
    return f"link:{link_id}"


def linked(digest: str) -> str:
    """String: what came of a set-up link."""
    return f"linked:{digest}"


def consumer(owner: str, name: str) -> str:
    """String: a feed consumer's cursor."""
    return f"consumer:{owner}:{name}"


def replay_query(replay_id: str) -> str:
    """String: what a replay asks for."""
    return f"rplask:{replay_id}"
