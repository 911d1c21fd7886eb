import type { CalendarDate } from '../base/instant.ts'
import type { World } from '../ports.ts'
import { mendedPartition } from './mends.ts'
import { readOutcomes } from './outcomes.ts'
import { isLapsed, type Quarantine, quarantinePartition, quarantineSchema } from './quarantine.ts'
import { groupOf, type ReasonGroup } from './reason-groups.ts'
import { findReceipt } from './receipt.ts'
import { type RefusalCode, refusalReasons } from './refusal.ts'

export const quarantineStates = ['open', 'mended', 'lapsed'] as const
export type QuarantineState = (typeof quarantineStates)[number]

/** A record in quarantine: where it was and why. Nothing of what it said is kept; its sender has it. */
export type Quarantined = {
  readonly authority: string
  readonly submissionId: string
  readonly index: number
  readonly layout: string
  readonly group: ReasonGroup
  readonly code: RefusalCode
  readonly path: string
  readonly reason: string
  readonly until: string
  readonly state: QuarantineState
  /** The submission that has it in mended form. */
  readonly mendedBy?: string
}

/** A place in the list of an authority's quarantine. */
export type QuarantineCursor = { readonly submissionId: string; readonly index: number }

/** Which records of the quarantine are asked for. */
export type QuarantineWanted = {
  readonly authority: string
  readonly today: CalendarDate
  /** Of this submission alone. */
  readonly submissionId?: string | undefined
  readonly group?: ReasonGroup | undefined
  readonly states: readonly QuarantineState[]
  readonly from?: QuarantineCursor | undefined
}

type ReadingWorld = Pick<World, 'store' | 'objects'>

/** An authority's records in quarantine, by submission (the bytes of its id in UTF-8) and place; `from` is the first. */
export async function* listQuarantined(
  world: ReadingWorld,
  wanted: QuarantineWanted,
): AsyncGenerator<Quarantined> {
  const { authority, submissionId, from } = wanted
  const first = submissionId ?? from?.submissionId
  const range = { ...quarantinePartition(authority), ...(first !== undefined && { from: first }) }
  for await (const { key, value } of world.store.list(range)) {
    if (submissionId !== undefined && key.sort !== submissionId) return
    const quarantine = quarantineSchema.parse(value)
    const index = key.sort === from?.submissionId ? from.index : 0
    yield* listOfSubmission(world, { wanted, quarantine, place: { submissionId: key.sort, index } })
  }
}

type OfSubmission = {
  readonly wanted: QuarantineWanted
  readonly quarantine: Quarantine
  readonly place: QuarantineCursor
}

async function* listOfSubmission(
  world: ReadingWorld,
  { wanted, quarantine, place }: OfSubmission,
): AsyncGenerator<Quarantined> {
  const { authority, today, states, group: wantedGroup } = wanted
  const { submissionId } = place
  const mendedBy = await readMended(world, { authority, submissionId })
  const lapsed = isLapsed(quarantine, today)
  const receipt = await findReceipt(world.store, authority, submissionId)
  for (let from: number | undefined = place.index; from !== undefined; ) {
    const page = await readOutcomes(world.objects, receipt ?? {}, {
      from,
      outcomes: ['refused'],
      limit: PAGE,
    })
    for (const { index, code, path = '' } of page.records) {
      const group = code && groupOf(code)
      if (code === undefined || group === undefined || (wantedGroup ?? group) !== group) continue
      const by = mendedBy(index)
      const state = by !== undefined ? 'mended' : lapsed ? 'lapsed' : 'open'
      if (!states.includes(state)) continue
      const { layout, until } = quarantine
      yield {
        ...{ authority, submissionId, index, layout, group, code, path, reason: refusalReasons[code] },
        ...{ until, state, ...(by !== undefined && { mendedBy: by }) },
      }
    }
    from = page.next
  }
}

const PAGE = 1_000

/** Tells of a place which submission has it in mended form: of a record that was not refused there again. */
async function readMended(
  world: ReadingWorld,
  { authority, submissionId }: { readonly authority: string; readonly submissionId: string },
): Promise<(index: number) => string | undefined> {
  const byPlace = new Map<number, string>()
  for await (const { key } of world.store.list(mendedPartition(authority, submissionId))) {
    const receipt = await findReceipt(world.store, authority, key.sort)
    const { places = [] } = receipt?.mends ?? {}
    // As many records as places, of which a receipt has no more than it may
    const { records } = await readOutcomes(world.objects, receipt ?? {}, { outcomes: ['refused'] })
    const refused = new Set(records.map(({ index }) => index))
    for (const [at, place] of places.entries()) if (!refused.has(at)) byPlace.set(place, key.sort)
  }
  return (index) => byPlace.get(index)
}

/** How many records are in quarantine for one reason. */
export type QuarantineCount = Readonly<Record<QuarantineState, number>> & {
  readonly authority: string
  readonly group: ReasonGroup
  readonly code: RefusalCode
}

/** Sums an authority's quarantine up by reason. Reads outcomes only of submissions of which some were mended. */
export async function sumUpQuarantine(
  world: ReadingWorld,
  { authority, today }: Pick<QuarantineWanted, 'authority' | 'today'>,
): Promise<readonly QuarantineCount[]> {
  const sums = new Map<RefusalCode, Record<QuarantineState, number>>()
  const add = (code: RefusalCode, state: QuarantineState, count: number): void => {
    const sum = sums.get(code) ?? { open: 0, mended: 0, lapsed: 0 }
    sum[state] += count
    sums.set(code, sum)
  }
  for await (const { key, value } of world.store.list(quarantinePartition(authority))) {
    const quarantine = quarantineSchema.parse(value)
    const state = isLapsed(quarantine, today) ? 'lapsed' : 'open'
    for (const [code, count = 0] of Object.entries(quarantine.refusals))
      add(code as RefusalCode, state, count)
    const mended = { authority, today, states: ['mended'] } as const
    if (!(await isMended(world, { authority, submissionId: key.sort }))) continue
    const place = { submissionId: key.sort, index: 0 }
    for await (const { code } of listOfSubmission(world, { wanted: mended, quarantine, place })) {
      add(code, 'mended', 1)
      add(code, state, -1)
    }
  }
  return [...sums].flatMap(([code, sum]) => {
    const group = groupOf(code)
    return group === undefined ? [] : [{ authority, group, code, ...sum }]
  })
}

async function isMended(
  { store }: ReadingWorld,
  { authority, submissionId }: { readonly authority: string; readonly submissionId: string },
): Promise<boolean> {
  for await (const _ of store.list(mendedPartition(authority, submissionId))) return true
  return false
}
