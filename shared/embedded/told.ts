import type { Failure } from '../base/failure.ts'
import type { RefusalCode } from '../ingest/refusal.ts'

/** What a home's standing work tells of, for whoever runs it. */
export type Told = Trouble | Taken | Stray

/** What failed and will be tried again, or was found by looking: a code, and of what. */
export type Trouble = {
  /** In which part of the work: a queue, the drop, the look at the log, or all of it. */
  readonly where: 'inbox' | 'outbox' | 'sealed' | 'drop' | 'watch' | 'worker'
  readonly code: string
  readonly facts?: Failure['facts']
}

/** What became of a dropped file, under the id that its receipt has: its name may be why it is refused. */
export type Taken = {
  readonly where: 'drop'
  readonly authority: string
  readonly submissionId: string
  readonly outcome: 'received' | 'repeated' | RefusalCode
}

/** What lies in the drop and cannot be taken in: it stays until somebody clears it away, and has no receipt. */
export type Stray = {
  readonly where: 'drop'
  readonly stray: 'file' | 'folder' | 'link' | 'other'
  /** The folder that it lies in. */
  readonly place: string
  readonly inode: number
}
