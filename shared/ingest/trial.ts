import type { CalendarDate } from '../base/instant.ts'
import type { Policy } from '../settings.ts'
import type { Layout } from './layouts/layout.ts'
import { readParts } from './read.ts'
import type { RecordOutcome } from './receipt.ts'
import { describeRefusal, type RefusalCode, refusalReasons } from './refusal.ts'
import { type FileFormat, readFile } from './rows.ts'

export type Trial = {
  readonly received: number
  readonly accepted: number
  readonly repeated: number
  readonly refused: number
  readonly unresolved: number
  readonly records: readonly RecordOutcome[]
  readonly refusal?: { readonly code: RefusalCode; readonly path: string; readonly reason: string }
}

/** What would become of a file, read and minimised as it would be on its way in. Nothing is kept. */
export function tryFile(
  layout: Layout,
  file: { readonly format: FileFormat; readonly bytes: Uint8Array },
  { policy, today }: { readonly policy: Policy; readonly today: CalendarDate },
): Trial {
  const none = { received: 0, accepted: 0, repeated: 0, refused: 0, unresolved: 0 }
  const read = readFile(layout, file.format, file.bytes)
  const refuse = (refusal: Parameters<typeof describeRefusal>[0]): Trial => {
    const { code, path } = refusal
    return { ...none, records: [], refusal: { code, path, reason: describeRefusal(refusal) } }
  }
  if ('refusal' in read) return refuse(read.refusal)
  const records: RecordOutcome[] = []
  for (const step of readParts(read.rows, { layout, authority: '', policy, today })) {
    if (!('outcome' in step)) continue
    const { code } = step.outcome
    records.push(code === undefined ? step.outcome : { ...step.outcome, reason: refusalReasons[code] })
  }
  if (records.length === 0) return refuse({ code: 'SUBMISSION_EMPTY', path: '' })
  const counts = { ...none, received: records.length }
  for (const { outcome } of records) counts[outcome]++
  return { ...counts, records }
}
