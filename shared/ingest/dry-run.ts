import type { CalendarDate } from '../base/instant.ts'
import type { Policy } from '../settings.ts'
import { FileRefused } from './formats/format.ts'
import type { SentFile } from './formats/registry.ts'
import type { Layout } from './layouts/layout.ts'
import { type Counts, type Outcome, openOutcomes, outcomeOf, type RecordOutcome } from './outcomes.ts'
import { openReader } from './record-reader.ts'
import { describeRefusal, type Refusal, type RefusalCode } from './refusal.ts'
import { fileRows } from './rows.ts'

export type DryRun = Counts & {
  /** How many records are refused for each reason. */
  readonly reasons: Readonly<Partial<Record<RefusalCode, number>>>
  readonly records: readonly RecordOutcome[]
  /** The first record that is not listed, where there are more than a list takes. */
  readonly next?: number
  readonly refusal?: { readonly code: RefusalCode; readonly path: string; readonly reason: string }
}

type DryRunOptions = {
  readonly policy: Policy
  readonly today: CalendarDate
  /** Records of which outcomes are listed, and how many; undefined for all of them. */
  readonly outcomes: readonly Outcome[] | undefined
  readonly limit: number
}

/** What would become of a file, read and minimised as it would be on its way in. Nothing is kept. */
export async function dryRunFile(layout: Layout, file: SentFile, options: DryRunOptions): Promise<DryRun> {
  const { policy, today, outcomes, limit } = options
  const list = openOutcomes()
  const records: RecordOutcome[] = []
  const reasons: Partial<Record<RefusalCode, number>> = {}
  let next: number | undefined
  const reader = openReader({ layout, authority: '', policy, today })
  try {
    for await (const rows of fileRows(layout, file)) {
      for (const row of rows) {
        const result = reader.read(row)
        list.add(result)
        const told = outcomeOf(result, list.counts.received - 1)
        if (told.code !== undefined) reasons[told.code] = (reasons[told.code] ?? 0) + 1
        if (reader.isFull()) reader.takePart()
        if (outcomes?.includes(told.outcome) === false) continue
        if (records.length < limit) records.push(told)
        else next ??= told.index
      }
      if (list.isFull()) list.take()
    }
  } catch (fault) {
    if (fault instanceof FileRefused) return refusedDryRun(fault.refusal)
    throw fault
  }
  if (list.counts.received === 0) return refusedDryRun({ code: 'SUBMISSION_EMPTY', path: '' })
  return { ...list.counts, reasons, records, ...(next !== undefined && { next }) }
}

function refusedDryRun(refusal: Refusal): DryRun {
  const { code, path } = refusal
  const reason = describeRefusal(refusal)
  return { ...openOutcomes().counts, reasons: {}, records: [], refusal: { code, path, reason } }
}
