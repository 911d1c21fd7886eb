import fc from 'fast-check'
import { Failure } from '../../shared/base/failure.ts'
import { instantOf } from '../../shared/base/instant.ts'
import { commitDraft } from '../../shared/ingest/accept.ts'
import { envelopeSchema } from '../../shared/ingest/envelope.ts'
import { layoutNameOf } from '../../shared/ingest/layouts/registry.ts'
import { type Delivery, receiveSubmission } from '../../shared/ingest/receive.ts'
import { replayBy } from '../../shared/ingest/replay.ts'
import { sealPending } from '../../shared/ledger/seal.ts'
import { findSealedEntry } from '../../shared/ledger/sealed.ts'
import { applyEntry } from '../../shared/records/apply.ts'
import { standingRecords } from '../../shared/records/as-of.ts'
import { submissionOf } from '../../shared/records/entry.ts'
import { advanceWatermark, findWatermark } from '../../shared/records/watermark.ts'
import { Crash, type Schedule as Faults, faultsFrom, faulty } from '../faults.ts'
import { openTurnstile, turning } from '../ledger/turnstile.ts'
import { mappings } from './mappings.ts'
import { authorities, codeOf, openTestWorld, type QueueLog, START, type TestWorld } from './world.ts'

/** The functions under test; a seeded break puts another in the place of one. */
export const stages = {
  receive: receiveSubmission,
  accept: commitDraft,
  seal: sealPending,
  apply: applyEntry,
  advance: advanceWatermark,
  replay: replayBy,
  watermark: findWatermark,
  standing: standingRecords,
}
export type Stages = typeof stages

export type Statement = {
  /** 0 and 1 have a code, 2 a registration number alone, 3 a code that fails its check. */
  readonly subject: number
  readonly document: number
  readonly value: number
}

const scheduled = ['penalty-2018', 'registration', 'withdrawal', 'credit-repair', 'correction'] as const

export type Submission = {
  readonly authority: number
  readonly id: number
  readonly layout: (typeof scheduled)[number]
  readonly sentAtMinute: number
  readonly rows: readonly Statement[]
}

/** One thing that one process does, and how it dies of it. */
type Deed = {
  readonly kind: 'deliver' | 'accept' | 'seal' | 'apply' | 'advance' | 'replay'
  /** Which submission, or which of the messages ever sent. */
  readonly pick: number
  readonly faults: Faults
}

export type Schedule = {
  readonly submissions: readonly Submission[]
  /** Once all is applied, one after another, each begun by a process that dies. */
  readonly replays: readonly Pick<Deed, 'pick' | 'faults'>[]
  readonly deeds: readonly Deed[]
  /** How many processes live at once. */
  readonly lanes: number
  /** In what order their calls come. */
  readonly turns: readonly number[]
  readonly clock: readonly number[]
}

const aStatement = fc.record({ subject: fc.nat(3), document: fc.nat(1), value: fc.nat(2) })

const aSubmission: fc.Arbitrary<Submission> = fc.record({
  authority: fc.nat(2),
  id: fc.nat(3),
  layout: fc.constantFrom(...scheduled),
  sentAtMinute: fc.nat(4),
  rows: fc.array(aStatement, { minLength: 1, maxLength: 4 }),
})

const someFaults: fc.Arbitrary<Faults> = fc.oneof(
  fc.constant({}),
  fc.record({
    crashAt: fc.integer({ min: 1, max: 5 }),
    mode: fc.constantFrom('failed' as const, 'stored' as const, 'partial' as const),
    keep: fc.nat(3),
  }),
)

const aDeed: fc.Arbitrary<Deed> = fc.record({
  kind: fc.constantFrom(
    'deliver',
    'deliver',
    'accept',
    'accept',
    'seal',
    'seal',
    'apply',
    'apply',
    'advance',
    'replay',
    'replay',
  ),
  pick: fc.nat(30),
  faults: someFaults,
})

export const aSchedule: fc.Arbitrary<Schedule> = fc.record({
  submissions: fc.array(aSubmission, { minLength: 1, maxLength: 8 }),
  replays: fc.array(fc.record({ pick: fc.nat(30), faults: someFaults }), { maxLength: 4 }),
  deeds: fc.array(aDeed, { maxLength: 40, size: 'max' }),
  lanes: fc.integer({ min: 1, max: 4 }),
  turns: fc.array(fc.nat(3), { minLength: 1, maxLength: 60, size: 'max' }),
  clock: fc.array(fc.nat(600), { minLength: 1, maxLength: 10 }),
})

export type Checks = {
  /** While others are still at work. */
  readonly midway: (world: TestWorld, stages: Stages) => Promise<void>
  readonly drained: (world: TestWorld, schedule: Schedule, stages: Stages) => Promise<void>
}

/** Plays a schedule, then does all that was left undone, checking on the way and at the end. */
export async function play(schedule: Schedule, checks: Checks, using: Stages = stages): Promise<void> {
  const world = openTestWorld(schedule.clock)
  try {
    await playDeeds(world, schedule, { using, check: () => checks.midway(world, using) })
    await drain(world, schedule, using)
    await checks.midway(world, using)
    await checks.drained(world, schedule, using)
  } finally {
    world.close()
  }
}

type Play = { readonly using: Stages; readonly check: () => Promise<void> }

async function playDeeds(world: TestWorld, schedule: Schedule, { using, check }: Play): Promise<void> {
  const turnstile = openTurnstile(schedule.turns)
  const alive = new Set<Promise<void>>()
  const faults: unknown[] = []
  let ended = 0
  const stepUntil = async (most: number): Promise<void> => {
    while (alive.size > most) {
      const before = ended
      await turnstile.step()
      if (ended > before) await check()
    }
  }
  for (const deed of schedule.deeds) {
    await stepUntil(schedule.lanes - 1)
    const process = faulty(turning(world, turnstile), faultsFrom(deed.faults))
    const life = doDeed({ world, process, schedule, using }, deed)
      .catch((fault: unknown) => void (fault instanceof Crash || isAhead(fault) || faults.push(fault)))
      .finally(() => {
        alive.delete(life)
        ended++
      })
    alive.add(life)
  }
  await stepUntil(0)
  if (faults.length > 0) throw faults[0]
}

// Its message comes again
function isAhead(fault: unknown): boolean {
  return fault instanceof Failure && fault.code === 'REPLAY_AHEAD'
}

type Life = {
  readonly world: TestWorld
  readonly process: TestWorld
  readonly schedule: Schedule
  readonly using: Stages
}

async function doDeed({ world, process, schedule, using }: Life, { kind, pick }: Deed): Promise<void> {
  if (kind === 'seal') await using.seal(process)
  if (kind === 'advance') await using.advance(process.store)
  if (kind === 'deliver') {
    const submission = schedule.submissions[pick % schedule.submissions.length]
    if (submission !== undefined) await using.receive(process, deliveryOf(submission))
  }
  if (kind === 'replay') await replay(process, pick, using)
  if (kind === 'accept') await withMessage(world.queues.inbox, pick, (body) => using.accept(process, body))
  if (kind === 'apply') {
    await withMessage(world.queues.sealed, pick, (body) => using.apply(process, numberOf(body)))
  }
}

/** Reads one of the first entries again, if that is a submission, by one of the mappings. */
async function replay(world: TestWorld, pick: number, using: Stages): Promise<void> {
  const entry = await findSealedEntry(world.store, pick % 4)
  const name = layoutNameOf((entry && submissionOf(entry)?.layout) ?? '')
  const layout = mappings[pick % mappings.length]?.(name)
  if (entry !== undefined && layout !== undefined)
    await using.replay(world, { entry, by: 'operator', dryRun: false }, layout)
}

async function withMessage(
  { log }: QueueLog,
  pick: number,
  work: (body: unknown) => Promise<unknown>,
): Promise<void> {
  if (log.length > 0) await work(log[pick % log.length])
}

function numberOf(body: unknown): number {
  return (body as { number: number }).number
}

/** Nobody dies any more: senders try again, queues deliver all they ever took, the oldest last. Then rows are read again. */
async function drain(world: TestWorld, { submissions, replays }: Schedule, using: Stages): Promise<void> {
  for (const submission of submissions) await using.receive(world, deliveryOf(submission))
  for (const body of world.queues.inbox.log.toReversed()) await using.accept(world, body)
  await settle(world, world, using)
  for (const { pick, faults } of replays) {
    const process = faulty(world, faultsFrom(faults))
    await replay(process, pick, using)
      .then(() => settle(world, process, using))
      .catch(onlyCrash)
    await replay(world, pick, using)
    await settle(world, world, using)
  }
}

async function settle({ queues }: TestWorld, process: TestWorld, using: Stages): Promise<void> {
  await using.seal(process)
  let waiting = queues.sealed.log.toReversed()
  while (waiting.length > 0) {
    const again: typeof waiting = []
    for (const body of waiting) {
      await using.apply(process, numberOf(body)).catch((fault: unknown) => {
        if (!isAhead(fault)) throw fault
        again.push(body)
      })
    }
    if (again.length === waiting.length) throw new Error('each waits for another')
    waiting = again
  }
}

function onlyCrash(fault: unknown): void {
  if (!(fault instanceof Crash)) throw fault
}

export function deliveryOf({ authority, id, layout, sentAtMinute, rows }: Submission): Delivery {
  const from = authorities[authority]
  if (from === undefined) throw new Error('no such authority')
  const head = envelopeSchema.parse({
    schemaVersion: '1',
    submissionId: `s${id}`,
    layout,
    sentAt: instantOf(START - (10 - sentAtMinute) * 60_000),
    records: rows.map((row) => rowsOf[layout](row)),
  })
  return { authority: from, head }
}

const REGISTRATION_NUMBER = '330200000012344'
const CODES = [codeOf(1), codeOf(2), '', `${codeOf(3).slice(0, 17)}${codeOf(3).endsWith('0') ? '1' : '0'}`]

function penaltyRow({ subject, document, value }: Statement) {
  return {
    CF_XDR_MC: '示例有限公司',
    CF_XDR_SHXYM: CODES[subject],
    CF_XDR_GSZC: subject === 2 ? REGISTRATION_NUMBER : '',
    CF_WSH: `示罚〔2026〕${document}号`,
    CF_CFLB: '罚款',
    CF_NR: `罚款 ${value}`,
    CF_JDRQ: '2026-01-05',
    CF_CFJG: '示例局',
  }
}

// A registration is one document for each subject; its approval date is the layout's own revision mark
function registrationRow({ subject, document, value }: Statement) {
  return {
    comp_nm: `示例${value}有限公司`,
    uni_social_crd_cd: CODES[subject],
    reg_no: subject === 2 ? REGISTRATION_NUMBER : '',
    appr_dt: `2026-01-0${1 + document}`,
  }
}

/** Takes back a penalty or, every third time, the registration. */
function withdrawalRow({ subject, document, value }: Statement) {
  return {
    comp_nm: '示例有限公司',
    uni_social_crd_cd: CODES[subject],
    reg_no: subject === 2 ? REGISTRATION_NUMBER : '',
    record_type: value === 2 ? '登记信息' : '行政处罚',
    doc_no: `示罚〔2026〕${document}号`,
    original_org: '示例局',
    effective_dt: `2026-02-0${1 + value}`,
  }
}

const rowsOf = {
  'penalty-2018': penaltyRow,
  registration: registrationRow,
  withdrawal: withdrawalRow,
  'credit-repair': withdrawalRow,
  correction: withdrawalRow,
} as const
