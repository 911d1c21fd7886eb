import { expect } from 'vitest'
import { sha256 } from '../../shared/base/digest.ts'
import { findProgress, findReceipt, type Receipt } from '../../shared/ingest/receipt.ts'
import { receiveSubmission } from '../../shared/ingest/receive.ts'
import { listPending } from '../../shared/ledger/outbox.ts'
import { findHead, findNumber, type SealedEntry } from '../../shared/ledger/sealed.ts'
import type { Item } from '../../shared/ports.ts'
import { findApplied } from '../../shared/records/applied.ts'
import { partsOf, replayOf } from '../../shared/records/entry.ts'
import { readEntries, readTold, standingByDefinition, type Told } from './oracle.ts'
import { deliveryOf, type Schedule, type Stages, type Submission } from './schedule.ts'
import type { TestWorld } from './world.ts'

/** Holds at every moment, whoever is at work on what. */
export async function holdsMidway(world: TestWorld, using: Stages): Promise<void> {
  const entries = await readEntries(world)
  const told = await readTold(world, entries)
  const watermark = await using.watermark(world.store)
  const sightings = listSightings(world)
  expect(watermark, 'the watermark runs ahead of the ledger').toBeLessThanOrEqual(entries.length)
  for (const each of told) {
    if (each.teller < watermark && !sightings.has(sightingOf(each)))
      expect.fail(`the watermark runs ahead of ${sightingOf(each)}`)
  }
  const possible = new Set(told.map(sightingOf))
  for (const sighting of sightings) {
    if (!possible.has(sighting)) expect.fail(`a sighting without its sealed entry: ${sighting}`)
  }
  await expectStanding(world, { told, sizes: [watermark], using })
}

/** Holds once all is done: what was sent, what the ledger tells, and what the records say are the same. */
export async function holdsDrained(world: TestWorld, schedule: Schedule, using: Stages): Promise<void> {
  const entries = await readEntries(world)
  const told = await readTold(world, entries)
  await expectNumbered(world, entries)
  await expectReceipts(world, schedule.submissions)
  await expectAnswered(world, schedule.submissions)
  expect(listSightings(world)).toEqual(new Set(told.map(sightingOf)))
  expect(await using.watermark(world.store)).toBe(entries.length)
  await expectStanding(world, { told, sizes: entries.map(({ number }) => number + 1), using })
}

async function expectNumbered(world: TestWorld, entries: readonly SealedEntry[]): Promise<void> {
  const { head } = await findHead(world.store)
  expect(head).toMatchObject({ size: entries.length, phase: 'idle' })
  expect(await Array.fromAsync(listPending(world.store, 2))).toEqual([])
  expect(new Set(entries.map(({ id }) => id)).size, 'an entry numbered twice').toBe(entries.length)
  for (const [at, entry] of entries.entries()) {
    expect(entry.number).toBe(at)
    expect(await findNumber(world.store, entry.id)).toBe(at)
    expect(entry.sealedAt >= (entries[at - 1]?.sealedAt ?? ''), 'sealed before the entry before it').toBe(
      true,
    )
  }
}

// Every id that was sent has its receipt and its entry, and each receipt adds up to what its content says
async function expectReceipts(world: TestWorld, submissions: readonly Submission[]): Promise<void> {
  const accepted = await listAccepted(world, submissions)
  const ids = new Set(submissions.map(({ authority, id }) => `submission:authority-${authority}:s${id}`))
  expect(new Set(accepted.map(({ receipt }) => receipt.entryId))).toEqual(ids)
  const entries = await readEntries(world)
  const received = entries.filter(({ kind }) => kind === 'submission-received')
  expect(received.map(({ id }) => id).toSorted()).toEqual([...ids].toSorted())
  let fresh = 0
  for (const { receipt, submission } of accepted) {
    expect(receipt).toMatchObject(countByDefinition(submission))
    const { applied } = await findProgress(world.store, receipt)
    const kept = receipt.accepted + receipt.unresolved
    expect(applied && applied.new + applied.known, 'applied is not what was accepted').toBe(kept)
    fresh += applied?.new ?? Number.NaN
  }
  for (const entry of entries.filter((each) => replayOf(each) !== undefined))
    fresh += (await findApplied(world.store, entry.number, partsOf(entry)))?.new ?? Number.NaN
  expect(fresh, 'the sum of new records is not the number of records').toBe(world.recordItems().length)
}

type Accepted = { readonly receipt: Receipt; readonly submission: Submission }

async function listAccepted(
  world: TestWorld,
  submissions: readonly Submission[],
): Promise<readonly Accepted[]> {
  const accepted = new Map<string, Accepted>()
  for (const submission of submissions) {
    const receipt = await findReceipt(world.store, `authority-${submission.authority}`, `s${submission.id}`)
    expect(receipt, 'a submission without a receipt').toBeDefined()
    if (receipt?.sha256 === contentDigest(submission)) accepted.set(receipt.entryId, { receipt, submission })
  }
  return [...accepted.values()]
}

// Whoever asks again is given the receipt of this very content, or told that another content took the id
async function expectAnswered(world: TestWorld, submissions: readonly Submission[]): Promise<void> {
  for (const submission of submissions) {
    const received = await receiveSubmission(world, deliveryOf(submission))
    const stored = 'receipt' in received ? received.receipt : undefined
    const own = stored?.sha256 === contentDigest(submission)
    expect(received.outcome).toBe(own ? 'repeated' : 'reused')
  }
}

function contentDigest(submission: Submission): string {
  const { head } = deliveryOf(submission)
  return sha256(`${head.layout}\n${sha256(JSON.stringify('records' in head && head.records))}`)
}

function countByDefinition({ layout, rows }: Submission) {
  const counts = { received: rows.length, accepted: 0, repeated: 0, refused: 0, unresolved: 0 }
  const seen = new Set<string>()
  for (const row of rows) {
    const text = JSON.stringify([layout, row.subject, row.document, row.value])
    const outcome = row.subject === 3 ? 'refused' : seen.has(text) ? 'repeated' : OUTCOMES[row.subject]
    if (outcome !== undefined) counts[outcome]++
    if (outcome !== 'refused') seen.add(text)
  }
  return counts
}

const OUTCOMES = ['accepted', 'accepted', 'unresolved'] as const

type Standing = {
  readonly told: readonly Told[]
  readonly sizes: readonly number[]
  readonly using: Stages
}

async function expectStanding(world: TestWorld, { told, sizes, using }: Standing): Promise<void> {
  const items = new Map<string, readonly Item[]>()
  for (const { partition } of world.recordItems())
    items.set(partition, await listItems(world, partition, 'records'))
  for (const size of sizes) {
    const found = [...items.values()].flatMap((some) => using.standing(some, size))
    const stated = found.map(({ digest, sighting }) => ({ digest, ...sighting }))
    const defined = [...standingByDefinition(told, size).values()].map(({ digest, entry, row, sentAt }) => ({
      digest,
      entry,
      row,
      sentAt,
    }))
    expect(sorted(stated), `what stands as of ${size}`).toEqual(sorted(defined))
  }
}

function sorted(list: readonly { readonly digest: string }[]): readonly unknown[] {
  return list.toSorted((a, b) => (a.digest < b.digest ? -1 : a.digest > b.digest ? 1 : 0))
}

async function listItems(
  world: TestWorld,
  partition: string,
  table: 'ledger' | 'records' = 'ledger',
): Promise<readonly Item[]> {
  const items: Item[] = []
  for await (const item of world.store.list({ table, partition })) items.push(item)
  return items
}

function listSightings(world: TestWorld): ReadonlySet<string> {
  return new Set(
    world
      .recordItems()
      .flatMap(({ partition, sort, marks }) => marks.map((mark) => `${partition} ${sort} ${mark}`)),
  )
}

function sightingOf({ entry, row, sentAt, partition, sort, teller, holds }: Told): string {
  const mark = `${String(entry).padStart(12, '0')}#${String(row).padStart(8, '0')}#${sentAt}`
  const replay = teller === entry ? '' : `#${String(teller).padStart(12, '0')}#${holds ? '+' : '-'}`
  return `${partition} ${sort} ${mark}${replay}`
}
