"""What of a fetched answer the connection keeps, with what has to be known to say so."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace

from service.core.recruitee.client import Unauthorized
from service.core.unified.model import Draft, Ref
from service.core.unified.options import EVERYTHING, Reach, keep, reach
from workers.asking import Failed, Outcome, Unanswered
from workers.commit import Commit

FetchJob = Callable[[Ref], Awaitable[Outcome]]


async def within(
    commit: Commit, drafts: Sequence[Draft], fetch: FetchJob | None = None
) -> list[Draft]:
    """Return the drafts that are kept; `fetch` reads a job whose department is not known yet.

    Raises Unanswered when such a job cannot be read now. Without `fetch` what names it is left out.
    """
    options = commit.connection.options
    if options.scope == EVERYTHING:
        return list(drafts)
    if not options.scope.chooses:
        return keep(options, drafts)
    far = reach(options, commit.uid, made=await _made(commit, drafts))
    if options.scope.departments is not None:
        far = await _judged(commit, drafts, far, fetch)
    candidates = await _known_candidates(commit, drafts)
    return keep(options, drafts, replace(far, candidates=candidates))


async def _made(commit: Commit, drafts: Sequence[Draft]) -> frozenset[Ref]:
    """Return which of the candidates and applications shown were made through us or imported."""
    if not commit.connection.options.scope.only_created:
        return frozenset()
    shown = [Ref(d.model, d.remote_id) for d in drafts if d.model in ("candidate", "application")]
    return await commit.ctx.store.made.among(commit.connection.id, shown)


async def _judged(
    commit: Commit, drafts: Sequence[Draft], far: Reach, fetch: FetchJob | None
) -> Reach:
    c, options, connections = (
        commit.connection.id,
        commit.connection.options,
        commit.ctx.store.connections,
    )
    own = {str(d.fields["id"]): far.judge(d.fields) for d in drafts if d.model == "job"}
    await connections.judge(c, options, own)
    jobs = sorted(far.unjudged(drafts) - own.keys())
    known = own | await connections.judged(c, options, jobs)
    for uid in (job for job in jobs if job not in known and fetch is not None):
        if remote := commit.jobs.get(uid):
            await _read(Ref("job", remote), fetch)
    if fetch is not None:
        known |= await connections.judged(c, options, jobs)
    return replace(far, judged=known)


async def _read(job: Ref, fetch: FetchJob | None) -> None:
    outcome = await fetch(job) if fetch else None
    if isinstance(outcome, Failed | Unauthorized):
        raise Unanswered(outcome)


async def _known_candidates(commit: Commit, drafts: Sequence[Draft]) -> set[str]:
    """Return the candidates that records of this answer belong to and that are kept."""
    subjects = {draft.subject for draft in drafts if draft.subject.model == "candidate"}
    known = await commit.ctx.store.records.load(commit.connection.id, subjects)
    return {ref.remote_id for ref, snapshot in known.items() if not snapshot.deleted}
