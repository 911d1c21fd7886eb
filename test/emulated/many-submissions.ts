import { randomInt } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { listGroup } from '../../emulator/process-group.ts'
import type { EmulatedStack } from '../../emulator/stack.ts'
import { sha256 } from '../../shared/base/digest.ts'
import { organisationCodeOf } from '../../shared/identity/uscc.ts'
import { commitDraft, type Draft, refusedId } from '../../shared/ingest/accept.ts'
import { contentSha256 } from '../../shared/ingest/envelope.ts'
import { outcomesKey } from '../../shared/ingest/outcomes.ts'
import { type Delivery, receiveSubmission } from '../../shared/ingest/receive.ts'
import { findLedgerSize, type SealedReference } from '../../shared/ledger/sealed.ts'
import type { Item, Range, Store } from '../../shared/ports.ts'
import { listTouched } from '../../shared/records/applied.ts'
import { putContent } from '../../shared/records/content-addressed.ts'
import { encodePart, type PartReference, partKey, readPart } from '../../shared/records/part.ts'
import { findWatermark } from '../../shared/records/watermark.ts'
import { type LayoutName, recordsDelivery, rows, type SampleRow, withWorld } from '../ingest/sample.ts'
import { codeOf } from '../records/world.ts'
import { openArchiveAsRoot, openStoreAsRoot, type Receipt, send, untilApplied } from './deployed.ts'
import { countLogged, withRedelivery } from './trouble.ts'

/** Three authorities' submissions, sent all at once with many of them twice: what they come to, calm and under fire. */
export function manySubmissions(opened: () => EmulatedStack): void {
  test('each ends with a receipt that adds up, and each record is held once', async () => {
    await sendAndAccount(opened())
  })

  test('nothing is lost, and nothing held twice, while functions are killed at their work', async () => {
    const stack = opened()
    await withRedelivery({ afterSeconds: 5, tries: 1_000 }, async () => {
      const killing = new AbortController()
      const deaths = killWorkers(stack, killing.signal)
      await sendAndAccount(stack).finally(() => killing.abort())
      expect(await deaths).toBeGreaterThanOrEqual(DEATHS)
    })
  })
}

/** One submission of so many parts that no one function applies them all, each of a single record: by the roles deployed. */
export function manyParts(opened: () => EmulatedStack): void {
  test('are divided among several, and the receipt says applied once all of them are', async () => {
    const id = `parts-${randomInt(2 ** 40)}`
    const draft = await divided(id, randomInt(900_000))
    expect(await commitDraft({ store: await openStoreAsRoot() }, draft)).toBe('accepted')
    const receipt = await untilApplied(opened(), draft.authority, id)
    expect(receipt).toMatchObject({ accepted: MANY_PARTS, applied: { new: MANY_PARTS, known: 0 } })
    expect(receipt.parts).toHaveLength(MANY_PARTS)
  })
}

const MANY_PARTS = 101

/** A submission as it is received, its parts cut into single records in the deployed archive. */
async function divided(submissionId: string, first: number): Promise<Draft> {
  const records = Array.from({ length: MANY_PARTS }, (_, n) => ({
    ...rows.registration,
    uni_social_crd_cd: codeOf(first + n),
  }))
  const { head, authority } = recordsDelivery(records, { layout: 'registration', submissionId })
  const own = { ...authority, code: senders[0].authority }
  return withWorld(async (world) => {
    const settings = { ...world.settings, authorities: [own] }
    const received = await receiveSubmission({ ...world, settings }, { authority: own, head } as Delivery)
    if (received.outcome !== 'received') throw new Error(received.outcome)
    const archive = await openArchiveAsRoot()
    const parts: PartReference[] = []
    for (const part of received.draft.parts) {
      for (const record of await readPart(world.objects, part as PartReference)) {
        const { body, reference } = encodePart([record])
        await putContent(archive, partKey(reference.sha256), body)
        parts.push(reference)
      }
    }
    for (const { sha256: name } of received.draft.outcomes ?? []) {
      const found = await world.objects.find(outcomesKey(name))
      await putContent(archive, outcomesKey(name), found?.body ?? new Uint8Array())
    }
    return { ...received.draft, parts }
  })
}

type Message = {
  readonly authority: string
  readonly layout: LayoutName
  readonly submissionId: string
  readonly records: readonly SampleRow[]
  readonly body: string
}

async function sendAndAccount(stack: EmulatedStack): Promise<void> {
  const messages = planMessages(`many-${randomInt(2 ** 40)}`, randomInt(900_000))
  const garbage = senders.slice(1).map(({ authority }) => ({ authority, body: `{${randomInt(2 ** 40)}` }))
  expect([...messages, ...garbage]).toHaveLength(50)
  await Promise.all([...messages, ...garbage].map(({ authority, body }) => send(stack, authority, body)))
  const receipts: Receipt[] = []
  for (const message of messages) receipts.push(await receiptOf(stack, message))
  for (const { authority, body } of garbage) {
    const { refusal } = await untilApplied(stack, authority, refusedId(sha256(body)))
    expect(refusal?.code).toBe('ENVELOPE_MALFORMED')
  }
  for (const receipt of receipts) expectSums(receipt)
  const accepted = messages.flatMap((message, at) => (isOf(receipts[at], message) ? [message] : []))
  // Of the two that claim one id either may have been first
  expect(accepted).toHaveLength(messages.length - senders.length)
  const store = await openStoreAsRoot()
  await expectHeldOnce(store, keptOf(accepted), receipts)
  await expectConsecutive(store)
}

const senders = [
  { authority: 'demo-market-regulator', layout: 'registration' },
  { authority: 'demo-housing-bureau', layout: 'licence-2018' },
  { authority: 'demo-environment-bureau', layout: 'penalty-2018' },
] as const

/** By each authority: eleven submissions that overlap, three of them twice, and one id that two contents claim. */
function planMessages(run: string, first: number): readonly Message[] {
  return senders.flatMap(({ authority, layout }) => {
    const message = (id: string, from: number): Message => {
      const submissionId = `${run}-${id}`
      const records = recordsFrom(layout, first + from)
      const sentAt = new Date().toISOString()
      const body = JSON.stringify({ schemaVersion: '1', submissionId, layout, sentAt, records })
      return { authority, layout, submissionId, records, body }
    }
    const plain = Array.from({ length: 11 }, (_, n) => message(`s${n}`, 6 * n))
    return [...plain, ...plain.slice(0, 3), message('claimed', 100), message('claimed', 103)]
  })
}

const columns = {
  registration: { uscc: 'uni_social_crd_cd', organisationCode: 'org_code', number: 'reg_org' },
  'licence-2018': { uscc: 'XK_XDR_SHXYM', organisationCode: 'XK_XDR_ZZJG', number: 'XK_WSH' },
  'penalty-2018': { uscc: 'CF_XDR_SHXYM', organisationCode: 'CF_XDR_ZZJG', number: 'CF_WSH' },
} as const

const COUNTS = { received: 11, accepted: 8, repeated: 1, refused: 1, unresolved: 1 } as const

/** Eight organisations from a number on, the first of them again, one with a code that fails, one without. */
function recordsFrom(layout: LayoutName, first: number): readonly SampleRow[] {
  const { uscc, organisationCode, number } = columns[layout]
  const row = (n: number): SampleRow => ({ ...rows[layout], [uscc]: codeOf(n), [number]: `示〔2026〕${n}号` })
  const failing = codeOf(first).replace(/.$/, (check) => (check === '0' ? '1' : '0'))
  const kept = Array.from({ length: COUNTS.accepted }, (_, n) => row(first + n))
  return [
    ...kept,
    row(first),
    { ...row(first), [uscc]: failing },
    { ...row(first), [uscc]: '', [organisationCode]: organisationCodeOf(codeOf(first)) },
  ]
}

/** What is to be held of the submissions that were accepted: each record as often as it was sighted. */
function keptOf(accepted: readonly Message[]): ReadonlyMap<string, number> {
  const submissions = new Map(accepted.map((each) => [`${each.authority} ${each.submissionId}`, each]))
  const kept = new Map<string, number>()
  for (const { authority, records } of submissions.values()) {
    const texts = records.map((record) => `${authority} ${JSON.stringify(record)}`)
    const failing = texts[COUNTS.accepted + COUNTS.repeated]
    for (const text of new Set(texts)) if (text !== failing) kept.set(text, (kept.get(text) ?? 0) + 1)
  }
  return kept
}

/** The receipt under the submission's own id if it is of this content; else the one that refuses this message. */
async function receiptOf(stack: EmulatedStack, message: Message): Promise<Receipt> {
  const own = await untilApplied(stack, message.authority, message.submissionId)
  return isOf(own, message) ? own : untilApplied(stack, message.authority, refusedId(sha256(message.body)))
}

function isOf(receipt: Receipt | undefined, { layout, records }: Message): boolean {
  return receipt?.sha256 === contentSha256(layout, sha256(JSON.stringify(records)))
}

function expectSums(receipt: Receipt): void {
  if (receipt.refusal !== undefined) {
    expect(receipt.refusal.code).toBe('SUBMISSION_ID_REUSED')
    expect(receipt).toMatchObject({ received: 0, applied: { new: 0, known: 0 }, records: [] })
    return
  }
  expect(receipt).toMatchObject(COUNTS)
  expect(receipt.applied.new + receipt.applied.known).toBe(COUNTS.accepted + COUNTS.unresolved)
  const outcomes = Object.groupBy(receipt.records, ({ outcome }) => outcome)
  for (const [outcome, list = []] of Object.entries(outcomes))
    expect(COUNTS).toHaveProperty(outcome, list.length)
}

/** As many items as there are records, each with as many sightings as submissions that brought it. */
async function expectHeldOnce(
  store: Store,
  kept: ReadonlyMap<string, number>,
  receipts: readonly Receipt[],
): Promise<void> {
  const byEntry = new Map(receipts.map((receipt) => [receipt.entry, receipt.applied.new]))
  const entries = [...byEntry.keys()]
  expect([...byEntry.values()].reduce((sum, each) => sum + each)).toBe(kept.size)
  const partitions = await listTouched(store, Math.min(...entries), Math.max(...entries) + 1)
  const items: Item[] = []
  for (const partition of partitions) items.push(...(await collect(store, { table: 'records', partition })))
  expect(items.map(({ marks }) => marks.length).sort()).toEqual([...kept.values()].sort())
  const sighted = new Set(items.flatMap(({ marks }) => marks.map((mark) => Number(mark.split('#')[0]))))
  for (const entry of sighted) expect(byEntry.has(entry)).toBe(true)
}

/** The ledger's numbers are consecutive, each stands for one entry, and each entry is applied. */
async function expectConsecutive(store: Store): Promise<void> {
  const size = await findLedgerSize(store)
  const sealed = await collect(store, { table: 'ledger', partition: 'sealed#0' })
  const entries = sealed.map(({ value }) => value as SealedReference).slice(0, size)
  expect(entries.map(({ number }) => number)).toEqual(Array.from({ length: size }, (_, number) => number))
  expect(new Set(entries.map(({ id }) => id)).size).toBe(size)
  expect(await findWatermark(store)).toBeGreaterThanOrEqual(size)
}

async function collect(store: Store, range: Range): Promise<readonly Item[]> {
  const items: Item[] = []
  for await (const item of store.list(range)) items.push(item)
  return items
}

/** Invocations that are to die at the least. */
const DEATHS = 3
const DEATH = /ESM: Lambda \S+ failed processing/

/** Kills the processes that the functions run in, over and over; answers how many invocations died of it. */
async function killWorkers(stack: EmulatedStack, signal: AbortSignal): Promise<number> {
  const before = await countLogged(stack, DEATH)
  const deaths = async (): Promise<number> => (await countLogged(stack, DEATH)) - before
  while (!signal.aborted && (await deaths()) < 3 * DEATHS) {
    for (const { pid, command } of await listGroup(stack.emulator.pid)) {
      if (WORKER.test(command)) kill(pid)
    }
    await sleep(250)
  }
  return deaths()
}

const WORKER = /(ReceiveSubmission|SealLedger|ApplyEntry)\S+_worker\.js/

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL')
  } catch {
    // It has ended since it was listed
  }
}
