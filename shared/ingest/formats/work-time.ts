import { FileRefused, WHOLE_FILE } from './format.ts'
import { limits } from './limits.ts'

/** Does a piece of the work that a workbook makes; refuses the workbook, `WORKBOOK_TOO_LARGE`, once all of it took too long. */
export type Spend = <T>(work: () => T) => T

/** How long a workbook of this size may take the process to itself, in milliseconds. */
export function workTimeMs(sizeBytes: number): number {
  return limits.workbookMs + Math.ceil((limits.workbookMsPerMib * sizeBytes) / 2 ** 20)
}

/** Counts the time of the work alone: what its reader makes of the rows meanwhile is not the workbook's. */
export function openWorkTime(sizeBytes: number, now: () => number = () => performance.now()): Spend {
  let leftMs = workTimeMs(sizeBytes)
  return (work) => {
    const begin = now()
    const made = work()
    leftMs -= now() - begin
    if (leftMs < 0) throw new FileRefused('WORKBOOK_TOO_LARGE', WHOLE_FILE)
    return made
  }
}
