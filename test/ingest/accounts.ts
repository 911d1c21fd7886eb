import assert from 'node:assert/strict'
import { zstdDecompressSync } from 'node:zlib'
import type { Json } from '../../shared/base/canonical.ts'
import { commitDraft, type Draft } from '../../shared/ingest/accept.ts'
import { submissionHeadSchema } from '../../shared/ingest/envelope.ts'
import { findLayout } from '../../shared/ingest/layouts/registry.ts'
import { outcomes as allOutcomes, readOutcomes } from '../../shared/ingest/outcomes.ts'
import { receiveSubmission } from '../../shared/ingest/receive.ts'
import { recordSchema } from '../../shared/records/record.ts'
import { authorities, type TestWorld } from '../records/world.ts'
import type { AnySubmission } from './any-submission.ts'
import { MOBILE_NUMBER, RESIDENT_ID, streamOf } from './sample.ts'

/** Holds a submission to its accounts; answers what it came to: a count, or why the whole was refused. */
export async function settle(
  world: TestWorld,
  submission: AnySubmission,
  submissionId: string,
): Promise<string> {
  const kept: string[] = []
  const objects: TestWorld['objects'] = {
    ...world.objects,
    put: (key, body, when) => {
      kept.push(zstdDecompressSync(body).toString('utf8'))
      return world.objects.put(key, body, when)
    },
  }
  const [authority] = authorities
  assert.ok(authority)
  const head = submissionHeadSchema.parse({
    ...{ schemaVersion: '1', submissionId, layout: submission.layout, sentAt: '2026-05-31T08:00:00+08:00' },
  })
  const { format, bytes } = submission
  const received = await receiveSubmission(
    { ...world, objects },
    { authority, head, file: { format, bytes: streamOf(bytes) } },
  )
  assert.equal(received.outcome, 'received')
  const { draft } = received as { readonly draft: Draft }
  const told = await readOutcomes(world.objects, draft)
  checkSums(draft, told.records)
  checkArchive(draft, kept)
  if (draft.refusal === undefined && submission.records !== undefined) {
    assert.equal(draft.received, submission.records)
  }
  checkSilence([...kept, JSON.stringify([draft, told] as unknown as Json)])
  const whole = draft.refusal === undefined ? 'accepted' : 'refused'
  assert.equal(await commitDraft(world, draft), whole)
  return draft.refusal?.code ?? 'read'
}

type Told = Awaited<ReturnType<typeof readOutcomes>>['records']

function checkSums(draft: Draft, told: Told): void {
  const fields = new Set(['', ...(findLayout(draft.layout)?.columns ?? []).map(({ code }) => `/${code}`)])
  const { received, accepted, repeated, refused, unresolved, refusal } = draft
  assert.equal(received, accepted + repeated + refused + unresolved)
  assert.equal(received === 0, refusal !== undefined)
  assert.deepEqual(
    told.map(({ index }) => index),
    Array.from({ length: received }, (_, at) => at),
  )
  for (const outcome of allOutcomes) {
    assert.equal(draft[outcome], told.filter((each) => each.outcome === outcome).length)
  }
  for (const { index, outcome, code, path, reason } of told) {
    assert.equal(outcome === 'refused', code !== undefined && reason !== undefined)
    if (path !== undefined) assert.ok(fields.has(path.slice(`/records/${index}`.length)), path)
  }
  if (refusal === undefined) return
  assert.match(refusal.path, /^(\/object|\/records|\/header(\/\w+)?|\/rows\/\d+(\/columns\/\d+)?)?$/)
}

// Of a file refused halfway there may be parts, to which nothing points
function checkArchive({ parts, accepted, unresolved }: Draft, kept: readonly string[]): void {
  assert.equal(
    parts.reduce((sum, { records }) => sum + records, 0),
    accepted + unresolved,
  )
  for (const text of kept.filter((each) => each.includes('\t'))) {
    for (const line of text.split('\n').filter(Boolean)) {
      recordSchema.parse(JSON.parse(line.split('\t')[3] ?? ''))
    }
  }
}

const PERSONAL = new RegExp(`(?<![0-9A-Za-z-])(${RESIDENT_ID}|${MOBILE_NUMBER})(?![0-9A-Za-z-])`)

/** Nothing that was kept or told holds a person's number. */
export function checkSilence(texts: readonly string[]): void {
  for (const text of texts)
    assert.doesNotMatch(text.normalize('NFKC'), PERSONAL, 'a person’s number was kept')
}
