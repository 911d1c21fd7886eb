import { z } from 'zod'
import { sha256 } from '../base/digest.ts'
import type { Instant } from '../base/instant.ts'
import type { Key, Range, Store, Write } from '../ports.ts'
import { type CaseEvent, caseEventSchema, type DisclosureCase, foldCase } from './case.ts'
import { entryOf } from './entry.ts'

/**
 * One case for one authority and idempotency key, whoever of the authority sends it and however often. An authority's
 * keys can be guessed, and so its cases' ids; what an id begins with says whose it is before anything is read.
 */
export function caseId(authority: string, idempotencyKey: string): string {
  return caseIdBeginning(authority) + sha256(`${authority}#${idempotencyKey}`).slice(0, 24)
}

/** What all ids of an authority's cases begin with. */
export function caseIdBeginning(authority: string): string {
  return sha256(`authority#${authority}`).slice(0, 8)
}

function casePartition(id: string): string {
  return `case#${id}`
}

function eventKey(id: string, number: number): Key {
  return { table: 'cases', partition: casePartition(id), sort: String(number).padStart(6, '0') }
}

/** The case with all its events; undefined when there is none. */
export async function loadCase(store: Store, id: string): Promise<DisclosureCase | undefined> {
  // Whatever comes from outside is no key until it looks like one
  if (!/^[0-9a-f]{32}$/.test(id)) return undefined
  const events: CaseEvent[] = []
  for await (const item of store.list({ table: 'cases', partition: casePartition(id) })) {
    events.push(caseEventSchema.parse(item.value))
  }
  return foldCase(id, events)
}

/**
 * Writes an event with its entry, if its number is still free; 'taken' when another event has it. A write whose
 * answer was lost is looked up by its attempt: what was stored counts as written, what was not throws as it did.
 */
export async function appendEvent(store: Store, id: string, event: CaseEvent): Promise<'appended' | 'taken'> {
  const writes = event.number === 1 ? [eventWrite(id, event), indexWrite(id, event)] : [eventWrite(id, event)]
  try {
    if ((await store.commit(writes, entryOf(id, event))) === 'committed') return 'appended'
  } catch (fault) {
    if ((await findAttempt(store, id, event.number)) === undefined) throw fault
  }
  return (await findAttempt(store, id, event.number)) === event.attempt ? 'appended' : 'taken'
}

async function findAttempt(store: Store, id: string, number: number): Promise<string | undefined> {
  const item = await store.find(eventKey(id, number))
  return item === undefined ? undefined : caseEventSchema.parse(item.value).attempt
}

function eventWrite(id: string, event: CaseEvent): Write {
  return { key: eventKey(id, event.number), value: event, when: 'absent' }
}

const INDEX = { table: 'cases', partition: 'cases' } as const

function indexWrite(id: string, event: CaseEvent): Write {
  const authority = event.step.kind === 'submitted' ? event.step.authority : ''
  const sort = indexPlace({ submittedAt: event.at, id })
  return { key: { ...INDEX, sort }, value: { id, authority }, when: 'absent' }
}

const indexSchema = z.strictObject({ id: z.string(), authority: z.string() })

/** Where a case stands in the index; of use only to go on after it. */
export function indexPlace(current: { readonly submittedAt: Instant; readonly id: string }): string {
  return `${current.submittedAt}#${current.id}`
}

/** Cases oldest first: all, or those of one authority. `after` is the place of the last one had. */
export async function* listCaseIds(
  store: Store,
  choice: { readonly authority?: string; readonly after?: string },
): AsyncGenerator<string> {
  // Places all have one length, so between a place and that place with one character more lies no other
  const range: Range = choice.after === undefined ? INDEX : { ...INDEX, from: `${choice.after}!` }
  for await (const item of store.list(range)) {
    const { id, authority } = indexSchema.parse(item.value)
    if (choice.authority === undefined || choice.authority === authority) yield id
  }
}
