import { createReadStream } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import { Failure } from '../../shared/base/failure.ts'
import { type Instant, instantOf } from '../../shared/base/instant.ts'
import { type Home, openHome } from '../../shared/embedded/home.ts'
import { takeOver, workRound } from '../../shared/embedded/worker.ts'
import { findProgress, findReceipt } from '../../shared/ingest/receipt.ts'
import { receiveSubmission } from '../../shared/ingest/receive.ts'
import { findHead } from '../../shared/ledger/sealed.ts'
import { findWatermark } from '../../shared/records/watermark.ts'
import { temporaryDirectory } from '../temporary-directory.ts'

const EXAMPLES = fileURLToPath(new URL('../../examples/', import.meta.url))
const START = Date.parse('2026-11-23T08:00:00.000Z')

describe('a full disk', () => {
  test('however long, costs no submission that was answered for', async () => {
    const { home, pass } = await openReceived()
    const full = { ...home, store: { ...home.store, commit: () => Promise.reject(diskFull) } }
    for (let round = 0; round < 12; round++) {
      await workRound(full, () => undefined)
      pass(20_000)
    }
    await workAll(home, pass)
    expect(await appliedOf(home)).toMatchObject({ new: expect.any(Number), known: 0 })
    home.close()
  })

  test('while entries are applied, holds the watermark no longer than it lasts', async () => {
    const { home, pass } = await openReceived()
    const full = { ...home, store: { ...home.store, add: failingOnRecords(home) } }
    for (let round = 0; round < 12; round++) {
      await workRound(full, () => undefined)
      pass(20_000)
    }
    expect(await appliedOf(home)).toBeUndefined()
    await workAll(home, pass)
    expect(await findWatermark(home.store)).toBe((await findHead(home.store)).head.size)
    home.close()
  })

  test('in which not even the outcome of a round can be written leaves nothing leased for good', async () => {
    const { home, pass } = await openReceived()
    const inbox = { ...home.queues.inbox, settle: throwsFull, giveBack: throwsFull }
    const full = { ...home, queues: { ...home.queues, inbox } }
    await expect(workRound(full, () => undefined)).rejects.toBe(diskFull)
    takeOver(home)
    await workAll(home, pass)
    expect(await appliedOf(home)).toBeDefined()
    home.close()
  })
})

test('an entry that could not be applied is tried anew by the next worker', async () => {
  const { home, pass } = await openReceived()
  const bug = new Error('a bug')
  const broken = { ...home, objects: { ...home.objects, find: () => Promise.reject(bug) } }
  await workRound(home, () => undefined)
  takeOver(home)
  const codes: string[] = []
  for (let round = 0; round < 8; round++) {
    await workRound(broken, ({ code }) => codes.push(code)).catch(() => undefined)
    pass(300_000)
  }
  takeOver(home)
  await workAll(home, pass)
  expect(await appliedOf(home)).toBeDefined()
  home.close()
})

const diskFull = new Failure('STORE_FULL', { retryable: true })

function throwsFull(): never {
  throw diskFull
}

function failingOnRecords({ store }: Home): Home['store']['add'] {
  return (additions) =>
    additions.some(({ key }) => key.table === 'records') ? Promise.reject(diskFull) : store.add(additions)
}

/** A home that has answered for a submission, and a clock to move on. */
async function openReceived(): Promise<{ home: Home; pass: (ms: number) => void }> {
  let at = START
  const now = (): Instant => instantOf(at)
  const directory = await temporaryDirectory()
  const home = await openHome({ directory, template: `${EXAMPLES}deployment`, now })
  const authority = home.settings.authorities.find(({ code }) => code === AUTHORITY)
  if (authority === undefined) throw new Error('no such authority')
  const bytes = createReadStream(`${EXAMPLES}penalties-2018.csv`)
  await receiveSubmission(home, {
    authority,
    head: { schemaVersion: '1', submissionId: 's1', layout: 'penalty-2018', sentAt: now() },
    file: { format: 'csv', bytes },
  })
  const pass = (ms: number): void => {
    at += ms
  }
  return { home, pass }
}

const AUTHORITY = 'demo-environment-bureau'

async function workAll(home: Home, pass: (ms: number) => void): Promise<void> {
  for (let idle = 0; idle < 3; ) {
    idle = (await workRound(home, () => undefined)) === 0 ? idle + 1 : 0
    pass(300_000)
  }
}

async function appliedOf({ store }: Home) {
  const receipt = await findReceipt(store, AUTHORITY, 's1')
  if (receipt?.refusal !== undefined) throw new Error(receipt.refusal.code)
  return receipt && (await findProgress(store, receipt)).applied
}
