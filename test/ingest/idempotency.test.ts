import { fileURLToPath } from 'node:url'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { canonicalJson } from '../../shared/base/canonical.ts'
import type { Sha256 } from '../../shared/base/digest.ts'
import { Failure } from '../../shared/base/failure.ts'
import { instantOf } from '../../shared/base/instant.ts'
import { type Home, openHome } from '../../shared/embedded/home.ts'
import { workRound } from '../../shared/embedded/worker.ts'
import { acceptDraft, commitDraft } from '../../shared/ingest/accept.ts'
import { outcomesKey, readOutcomes } from '../../shared/ingest/outcomes.ts'
import { findProgress, findReceipt, type Receipt } from '../../shared/ingest/receipt.ts'
import { type Delivery, receiveSubmission } from '../../shared/ingest/receive.ts'
import { sealPending } from '../../shared/ledger/seal.ts'
import { findLedgerSize, findSealedEntry } from '../../shared/ledger/sealed.ts'
import { applyEntry } from '../../shared/records/apply.ts'
import { REFUSED_ENTRY } from '../../shared/records/entry.ts'
import { partKey } from '../../shared/records/part.ts'
import { findAuthority } from '../../shared/settings.ts'
import { Crash, faultsFrom, faulty } from '../faults.ts'
import { openTurnstile, runTogether, turning } from '../ledger/turnstile.ts'
import { START, type TestWorld } from '../records/world.ts'
import { temporaryDirectory } from '../temporary-directory.ts'
import { fileDelivery, recordsDelivery, rows, take, withWorld } from './sample.ts'

const layout = 'penalty-2018'
const statements = [0, 1, 2, 3].map((n) => ({ ...rows[layout], CF_WSH: `示罚〔2026〕${n}号` }))

describe('the same submission', () => {
  const turns = fc.array(fc.nat(5), { minLength: 1, maxLength: 60, size: 'max' })

  test('sent five times at once makes one entry, and gives the same receipt, byte for byte, ever after', async () => {
    await fc.assert(
      fc.asyncProperty(turns, async (picks) => {
        await withWorld(async (world) => {
          const turnstile = openTurnstile(picks)
          const delivery = recordsDelivery(statements, { layout })
          const senders = Array.from({ length: 5 }, () =>
            receiveAndAccept(turning(world, turnstile), delivery),
          )
          await runTogether(turnstile, senders)
          expect((await Promise.all(senders)).filter((answer) => answer === 'accepted')).toHaveLength(1)
          const before = await receiptBytes(world)
          await finish(world)
          expect(await findLedgerSize(world.store)).toBe(1)
          const again = await receiveSubmission(world, delivery)
          expect(again.outcome).toBe('repeated')
          expect('receipt' in again && canonicalJson(again.receipt as never)).toBe(before)
          expect(await receiptBytes(world)).toBe(before)
        })
      }),
      { numRuns: 60 },
    )
  })

  test('sent again with a later sentAt is the same: the first one stands', async () => {
    await withWorld(async (world) => {
      const { draft } = await take(world, recordsDelivery(statements, { layout }))
      const later = recordsDelivery(statements, { layout, sentAt: '2026-05-31T10:00:00+08:00' })
      expect(await receiveSubmission(world, later)).toEqual({ outcome: 'repeated', receipt: draft })
    })
  })

  test.each(['failed', 'stored'] as const)(
    'sent again after the receiver died at any write (%s) is received as if nothing had been',
    async (mode) => {
      const whole = faultsFrom()
      const delivery = recordsDelivery(statements, { layout })
      const expected = await withWorld(async (world) => (await take(faulty(world, whole), delivery)).records)
      expect(whole.writes).toBe(4)
      for (let crashAt = 1; crashAt <= whole.writes; crashAt++) {
        await withWorld(async (world) => {
          const dying = faulty(world, faultsFrom({ crashAt, mode }))
          await expect(take(dying, delivery)).rejects.toThrow(Crash)
          const again = await receiveSubmission(world, delivery)
          for (const draft of world.queues.inbox.log) await commitDraft(world, draft)
          await finish(world)
          const receipt = await findReceipt(world.store, 'authority-0', 's1')
          expect(again.outcome).toBe(crashAt === 4 && mode === 'stored' ? 'repeated' : 'received')
          expect(receipt).toMatchObject({ received: 4, accepted: 4 })
          expect(world.recordItems()).toHaveLength(expected.length)
          expect(await findLedgerSize(world.store)).toBe(1)
        })
      }
    },
  )
})

describe('an id', () => {
  const other = statements.slice(1)

  test('that another content took is refused, and the receipt told is that of the content which has it', async () => {
    await withWorld(async (world) => {
      const { draft } = await take(world, recordsDelivery(statements, { layout }))
      const reused = await receiveSubmission(world, recordsDelivery(other, { layout }))
      expect(reused).toEqual({ outcome: 'reused', receipt: draft })
      expect(world.queues.inbox.log).toHaveLength(1)
    })
  })

  test('that two contents ask for at once is given to the one accepted first; the other counts for nothing', async () => {
    await withWorld(async (world) => {
      const [first, second] = [recordsDelivery(statements, { layout }), recordsDelivery(other, { layout })]
      for (const delivery of [first, second]) await receiveSubmission(world, delivery)
      const [firstDraft, secondDraft] = world.queues.inbox.log
      expect(await commitDraft(world, secondDraft)).toBe('accepted')
      expect(await commitDraft(world, firstDraft)).toBe('reused')
      expect(await commitDraft(world, secondDraft)).toBe('repeated')
      await finish(world)
      expect(world.recordItems()).toHaveLength(other.length)
      expect((await receiveSubmission(world, first)).outcome).toBe('reused')
      expect((await receiveSubmission(world, second)).outcome).toBe('repeated')
    })
  })

  test.each([
    ['with its version', 'licence-2018@1'],
    ['with one that is not today’s any more, or not yet', 'licence-2018@99'],
  ])('stands for the same content however the layout is spelt: %s', async (_, spelling) => {
    await withWorld(async (world) => {
      await take(world, recordsDelivery(statements, { layout: 'licence-2018' }))
      const spelt = recordsDelivery(statements, { layout: spelling })
      expect((await receiveSubmission(world, spelt)).outcome).toBe('repeated')
    })
  })

  test('names its content with its layout: the same bytes in another layout are another content', async () => {
    await withWorld(async (world) => {
      await take(world, fileDelivery('a', 'csv', { layout }))
      expect(
        (await receiveSubmission(world, fileDelivery('a', 'csv', { layout: 'registration' }))).outcome,
      ).toBe('reused')
    })
  })

  test('is an authority’s own: another one may have the same', async () => {
    await withWorld(async (world) => {
      const delivery = recordsDelivery(statements, { layout })
      await take(world, delivery)
      const authority = world.settings.authorities[1] ?? delivery.authority
      await take(world, { ...delivery, authority })
      await finish(world)
      // The same statement by two authorities is two records
      expect(world.recordItems()).toHaveLength(2 * statements.length)
    })
  })
})

test('a damaged archive is put right when the same content comes again, under whatever id', async () => {
  await withWorld(async (world) => {
    const { draft } = await take(world, recordsDelivery(statements, { layout }))
    const keys = [
      ...(draft.outcomes ?? []).map(({ sha256 }) => outcomesKey(sha256)),
      ...draft.parts.map((part) => partKey(part.sha256 as Sha256)),
    ]
    for (const key of keys) {
      const found = await world.objects.find(key)
      await world.objects.put(key, Buffer.from('cut off'), { tag: found?.tag ?? '' })
    }
    await expect(readOutcomes(world.objects, draft)).rejects.toMatchObject({ code: 'OUTCOMES_CORRUPT' })
    await take(world, recordsDelivery(statements, { layout, submissionId: 's2' }))
    expect((await readOutcomes(world.objects, draft)).records).toHaveLength(statements.length)
    await finish(world)
    expect(world.recordItems()).toHaveLength(statements.length)
  })
})

test('the same records, shuffled and dealt out to other submissions, are known', async () => {
  const deal = fc.tuple(
    fc.shuffledSubarray([...statements, ...statements], { minLength: 1 }),
    fc.integer({ min: 1, max: 4 }),
  )
  await fc.assert(
    fc.asyncProperty(deal, async ([dealt, hands]) => {
      await withWorld(async (world) => {
        await take(world, recordsDelivery(statements, { layout, submissionId: 'all' }))
        await finish(world)
        const before = world.recordItems().map(({ sort }) => sort)
        for (let hand = 0; hand < hands; hand++) {
          const some = dealt.filter((_, at) => at % hands === hand)
          if (some.length === 0) continue
          const { draft } = await take(world, recordsDelivery(some, { layout, submissionId: `hand-${hand}` }))
          await finish(world)
          const known = new Set(some.map(({ CF_WSH }) => CF_WSH)).size
          expect(draft).toMatchObject({ accepted: known, repeated: some.length - known })
          expect((await findProgress(world.store, draft)).applied).toEqual({ new: 0, known })
        }
        expect(world.recordItems().map(({ sort }) => sort)).toEqual(before)
      })
    }),
    { numRuns: 40 },
  )
})

test('what is refused whole is committed as a refusal, and counts as accepted at no try', async () => {
  await withWorld(async (world) => {
    await receiveSubmission(world, recordsDelivery(statements, { layout: 'no-such-layout' }))
    const [draft] = world.queues.inbox.log
    expect(await commitDraft(world, draft)).toBe('refused')
    expect(await commitDraft(world, draft)).toBe('repeated')
    await receiveSubmission(world, recordsDelivery(statements, { layout, submissionId: 's2' }))
    expect(await acceptDraft(world, world.queues.inbox.log[1])).toBe('accepted')
  })
})

test('contents that ask a home for one id at once each have a receipt, the later one of its refusal', async () => {
  await withHome(async ({ home, passTime, delivery }) => {
    const other = { ...recordsDelivery(statements.slice(1), { layout }), authority: delivery.authority }
    const second = await receiveSubmission(home, other)
    expect(second.outcome).toBe('received')
    expect(await workUntilIdle(home, passTime)).toEqual([])
    const sha = second.outcome === 'received' ? second.draft.sha256 : ''
    const refused = `refused-${sha.slice(0, 32)}`
    expect(await findReceipt(home.store, 'demo-market-regulator', 's1')).toMatchObject({ accepted: 4 })
    const receipt = await findReceipt(home.store, 'demo-market-regulator', refused)
    expect(receipt).toMatchObject({
      ...{ submissionId: refused, sha256: sha, received: 0, parts: [] },
      refusal: { code: 'SUBMISSION_ID_REUSED', path: '/submissionId' },
    })
    expect(receipt?.outcomes).toBeUndefined()
    const { entry } = await findProgress(home.store, receipt as Receipt)
    expect(await findSealedEntry(home.store, entry ?? -1)).toMatchObject({ kind: REFUSED_ENTRY })
  })
})

describe('a submission that cannot be processed', () => {
  test('is tried five times and then has a receipt that says so, with an entry of its own', async () => {
    await withHome(async ({ home, passTime }) => {
      const store = { ...home.store, commit: refusing('penalty-2018@1', home.store.commit) }
      const faults = await workUntilIdle({ ...home, store }, passTime)
      expect(faults).toEqual(Array.from({ length: 5 }, () => ({ where: 'inbox', code: 'STORE_FAILED' })))
      const receipt = await findReceipt(home.store, 'demo-market-regulator', 's1')
      expect(receipt).toMatchObject({
        received: 0,
        accepted: 0,
        parts: [],
        refusal: { code: 'SUBMISSION_DEAD', path: '', reason: expect.any(String) },
      })
      expect(receipt?.outcomes).toBeUndefined()
      const { entry } = await findProgress(home.store, receipt as Receipt)
      expect(await findSealedEntry(home.store, entry ?? -1)).toMatchObject({
        kind: REFUSED_ENTRY,
        payload: { submissionId: 's1', refusal: 'SUBMISSION_DEAD', parts: [] },
      })
      expect(home.queues.inbox.dead()).toEqual([])
      expect(home.queues.inbox.size()).toBe(0)
    })
  })

  test('and then is sent again is answered with that receipt: its id is spent', async () => {
    await withHome(async ({ home, passTime, delivery }) => {
      const store = { ...home.store, commit: refusing('penalty-2018@1', home.store.commit) }
      await workUntilIdle({ ...home, store }, passTime)
      const again = await receiveSubmission(home, delivery)
      expect(again).toMatchObject({ outcome: 'repeated', receipt: { refusal: { code: 'SUBMISSION_DEAD' } } })
    })
  })

  test('four times and at the fifth is, is accepted like any other', async () => {
    await withHome(async ({ home, passTime }) => {
      let tries = 0
      const commit: typeof home.store.commit = async (writes, entry) => {
        if (++tries < 5) throw new Failure('STORE_FAILED', { retryable: false })
        return home.store.commit(writes, entry)
      }
      expect(await workUntilIdle({ ...home, store: { ...home.store, commit } }, passTime)).toHaveLength(4)
      const receipt = await findReceipt(home.store, 'demo-market-regulator', 's1')
      expect(receipt).toMatchObject({ accepted: 4 })
      expect(receipt?.refusal).toBeUndefined()
    })
  })

  test('as far as its worker learned, but was committed all the same, keeps the receipt it has', async () => {
    await withHome(async ({ home, passTime }) => {
      const commit: typeof home.store.commit = async (writes, entry) => {
        await home.store.commit(writes, entry)
        throw new Failure('STORE_IO', { retryable: true })
      }
      // Burying it fails as often, until the store is whole again
      await workUntilIdle({ ...home, store: { ...home.store, commit } }, passTime)
      await workUntilIdle(home, passTime)
      const receipt = await findReceipt(home.store, 'demo-market-regulator', 's1')
      expect(receipt).toMatchObject({ accepted: 4 })
      expect(receipt?.refusal).toBeUndefined()
      expect(home.queues.inbox.dead()).toEqual([])
    })
  })

  test('and cannot even be read, is kept and told of once', async () => {
    await withHome(async ({ home, passTime }) => {
      await workUntilIdle(home, passTime)
      await home.queues.inbox.send([{ schemaVersion: '0' }])
      const faults = await workUntilIdle(home, passTime)
      expect(faults).toEqual(Array.from({ length: 6 }, () => ({ where: 'inbox', code: 'UNEXPECTED' })))
      home.queues.inbox.release()
      expect(home.queues.inbox.dead()).toMatchObject([{ body: { schemaVersion: '0' } }])
    })
  })

  test('does not hold up the others', async () => {
    await withHome(async ({ home, passTime, delivery }) => {
      const records = [rows['licence-2018']]
      const head = { ...delivery.head, layout: 'licence-2018', submissionId: 's2', records }
      await receiveSubmission(home, { authority: delivery.authority, head })
      const store = { ...home.store, commit: refusing('penalty-2018@1', home.store.commit) }
      await workRound({ ...home, store }, () => {})
      expect(await findReceipt(home.store, 'demo-market-regulator', 's1')).toBeUndefined()
      expect(await findReceipt(home.store, 'demo-market-regulator', 's2')).toMatchObject({ accepted: 1 })
      await workUntilIdle({ ...home, store }, passTime)
      expect(await findReceipt(home.store, 'demo-market-regulator', 's1')).toMatchObject({ accepted: 0 })
    })
  })
})

async function receiveAndAccept(world: TestWorld, delivery: Delivery): Promise<string> {
  const received = await receiveSubmission(world, delivery)
  return received.outcome === 'received' ? commitDraft(world, received.draft) : received.outcome
}

async function finish(world: TestWorld): Promise<void> {
  await sealPending(world)
  for (let number = 0; number < (await findLedgerSize(world.store)); number++) await applyEntry(world, number)
}

async function receiptBytes(world: TestWorld): Promise<string> {
  const receipt = await findReceipt(world.store, 'authority-0', 's1')
  return canonicalJson(receipt as never)
}

type Opened = { readonly home: Home; readonly delivery: Delivery; passTime(): void }

/** A home in whose inbox a submission of four records waits. */
async function withHome(work: (opened: Opened) => Promise<void>): Promise<void> {
  const template = fileURLToPath(new URL('../../examples/deployment', import.meta.url))
  let hours = 0
  const now = () => instantOf(START + hours * 3_600_000)
  const home = await openHome({ directory: await temporaryDirectory(), template, now })
  const authority = findAuthority(home.settings, 'demo-market-regulator')
  if (authority === undefined) throw new Error('the example has no such authority')
  const delivery = { ...recordsDelivery(statements, { layout }), authority }
  await receiveSubmission(home, delivery)
  // Longer than a failed message ever rests
  await work({ home, delivery, passTime: () => void hours++ }).finally(() => home.close())
}

async function workUntilIdle(home: Home, passTime: () => void): Promise<readonly unknown[]> {
  const faults: unknown[] = []
  for (let round = 0; round < 8; round++) {
    await workRound(home, (fault) => faults.push(fault))
    passTime()
  }
  return faults
}

/** A store that cannot commit a draft of that layout, though it can commit its burial. */
function refusing(refused: string, commit: Home['store']['commit']): Home['store']['commit'] {
  return async (writes, entry) => {
    const draft = writes[0]?.value as Receipt
    if (draft.layout === refused && draft.refusal === undefined) {
      throw new Failure('STORE_FAILED', { retryable: false })
    }
    return commit(writes, entry)
  }
}
