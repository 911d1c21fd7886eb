import { randomUUID } from 'node:crypto'
import type { Actor } from '../base/actor.ts'
import { Failure } from '../base/failure.ts'
import type { World } from '../ports.ts'
import { findWatermark } from '../records/watermark.ts'
import {
  type CaseEvent,
  composeEvent,
  type DisclosureCase,
  foldCase,
  type Moment,
  type Step,
} from './case.ts'
import type { Command } from './command.ts'
import { extractScope } from './extract.ts'
import {
  composePackage,
  packageKey,
  putPackage,
  readPackage,
  type SealedPackage,
  sealPackage,
  sweepPackages,
} from './package.ts'
import type { Refusal } from './refusal.ts'
import { appendEvent } from './store.ts'
import { attemptOf, type DecidedStep, type GuardCode, refused, transition } from './transition.ts'
import { type CaseView, findVisible, momentOf, viewOf } from './view.ts'

export type CaseWorld = Pick<World, 'store' | 'objects' | 'signer' | 'now' | 'settings'>

type Order = { readonly actor: Actor; readonly caseId: string }

export type CaseResult = { readonly outcome: 'done'; readonly case: CaseView } | Refusal<GuardCode>

/** A command that only writes down what was decided; a release and a download hand something out besides. */
export type CaseCommand = Exclude<Command, { readonly kind: 'release' | 'download' }>

/** Approves a case, narrows it, refuses it, or takes it back, if the actor and the state of the case allow it. */
export async function actOnCase(
  world: CaseWorld,
  order: Order & { readonly command: CaseCommand },
): Promise<CaseResult> {
  return resultOf(await act(world, order))
}

/** Whether a name still stands for a compliance officer who may sign in. */
export type IsOfficer = (name: string) => Promise<boolean>

/**
 * Extracts what was approved, seals it to the requester's key and makes it ready for one download. The approvals it rests
 * on must be of people who are still officers.
 */
export async function releaseCase(
  world: CaseWorld,
  { actor, caseId }: Order,
  isOfficer: IsOfficer,
): Promise<CaseResult> {
  return resultOf(await act(world, { actor, caseId, command: { kind: 'release' }, isOfficer }))
}

export type Downloaded = {
  readonly outcome: 'downloaded'
  readonly case: CaseView
  /** A JWE in compact form. */
  readonly body: Uint8Array
}

/**
 * Hands the package out, once. The bytes are in hand before the event is committed, and the event is committed
 * before they go out: a fault before the commit uses nothing up, and nothing goes out unlogged. Bytes that are lost
 * after the commit stay lost; the remedy is a new case for the same scope, which two officers approve again.
 */
export async function downloadCase(
  world: CaseWorld,
  { actor, caseId }: Order,
): Promise<Downloaded | Refusal<GuardCode>> {
  const acted = await act(world, { actor, caseId, command: { kind: 'download' } })
  if (acted.outcome === 'refused') return acted
  if (acted.body === undefined)
    throw new Failure('PACKAGE_MISSING', { retryable: false, facts: { case: caseId } })
  return { outcome: 'downloaded', case: acted.case, body: acted.body }
}

type ActInput = Order & {
  readonly command: Command
  /** Asked for a release alone. */
  readonly isOfficer?: IsOfficer
}

type Acted =
  | { readonly outcome: 'done'; readonly case: CaseView; readonly body: Uint8Array | undefined }
  | Refusal<GuardCode>

/** How often a command decides anew because another event was first. */
const ROUND_LIMIT = 8

/** Decides on events 1…n and writes n+1 if it is free; else decides again. Throws `CASE_CONTENDED`. */
async function act(world: CaseWorld, input: ActInput): Promise<Acted> {
  for (let round = 0; round < ROUND_LIMIT; round++) {
    const acted = await actOnce(world, input)
    if (acted !== 'taken') return acted
  }
  throw new Failure('CASE_CONTENDED', { retryable: true, facts: { case: input.caseId } })
}

async function actOnce(world: CaseWorld, input: ActInput): Promise<Acted | 'taken'> {
  const current = await findVisible(world, input)
  if (current === undefined) return refused('CASE_NOT_FOUND')
  const moment = momentOf(world)
  const context = { ...moment, actor: input.actor, revoked: await listRevoked(current, input.isOfficer) }
  const decision = transition(current, input.command, context)
  if (decision.outcome === 'refused') {
    const attempt = attemptOf(current, input.command, { ...context, refusal: decision })
    if (attempt === undefined) return decision
    const event = eventAfter(current, { step: attempt, actor: input.actor, moment })
    return (await appendEvent(world.store, current.id, event)) === 'taken' ? 'taken' : decision
  }
  const { step, body } = await prepare(world, current, { step: decision.step, moment })
  const event = eventAfter(current, { step, actor: input.actor, moment })
  if ((await appendEvent(world.store, current.id, event)) === 'taken') {
    await discard(world, current, step)
    return 'taken'
  }
  const next = foldCase(current.id, [...current.events, event]) ?? current
  if (SWEPT_AFTER.includes(step.kind)) await sweep(world, next)
  return { outcome: 'done', case: viewOf(next, input.actor, moment), body }
}

async function listRevoked(current: DisclosureCase, isOfficer?: IsOfficer): Promise<ReadonlySet<string>> {
  const revoked = new Set<string>()
  if (isOfficer === undefined) return revoked
  for (const { officer } of current.approvals) if (!(await isOfficer(officer))) revoked.add(officer)
  return revoked
}

function eventAfter(
  current: DisclosureCase,
  { step, actor, moment }: { step: Step; actor: Actor; moment: Moment },
): CaseEvent {
  return composeEvent({
    number: current.events.length + 1,
    at: moment.now,
    actor,
    attempt: randomUUID(),
    step,
  })
}

/** What must be there before the event is: a release's stored package, a download's bytes. */
async function prepare(
  world: CaseWorld,
  current: DisclosureCase,
  { step, moment }: { step: DecidedStep; moment: Moment },
): Promise<{ readonly step: Step; readonly body: Uint8Array | undefined }> {
  if (step.kind === 'released') {
    const sealed = await buildPackage(world, current, moment)
    await putPackage(world.objects, current.id, sealed)
    return { step: { ...step, package: sealed.facts }, body: undefined }
  }
  if (step.kind === 'downloaded' && current.package !== undefined) {
    const body = await readPackage(world.objects, current.id, current.package)
    await sweep(world, current)
    return { step, body }
  }
  return { step, body: undefined }
}

// Pinned to what is applied and to now; both go into the event, so the extract can be computed again
async function buildPackage(
  world: CaseWorld,
  current: DisclosureCase,
  moment: Moment,
): Promise<SealedPackage> {
  const asOf = { ledgerSize: await findWatermark(world.store), validAt: moment.now }
  const { scope } = current
  const { signer } = world
  const extracts = await extractScope(world.store, { scope, ...asOf, policy: moment.policy })
  const { recipientKey } = current.submitted.request
  return sealPackage(composePackage(current, asOf, extracts), { recipientKey, signer, asOf })
}

async function discard(world: CaseWorld, current: DisclosureCase, step: Step): Promise<void> {
  if (step.kind !== 'released') return
  await world.objects.remove(packageKey(current.id, step.package.ciphertextSha256))
}

// Not after a download: nothing may come between its commit and the bytes, so it sweeps before
const SWEPT_AFTER: readonly Step['kind'][] = ['released', 'refused', 'withdrawn']

async function sweep(world: CaseWorld, current: DisclosureCase): Promise<void> {
  try {
    await sweepPackages(world.objects, current.id, current.package)
  } catch (fault) {
    // A committed step must be told as done, and an orphan is ciphertext that no event names and nobody is handed
    if (!(fault instanceof Failure)) throw fault
  }
}

function resultOf(acted: Acted): CaseResult {
  return acted.outcome === 'refused' ? acted : { outcome: 'done', case: acted.case }
}
