import fc from 'fast-check'
import { settle } from '../test/ingest/accounts.ts'
import { anySubmission } from '../test/ingest/any-submission.ts'
import { withWorld } from '../test/ingest/sample.ts'

export type FuzzOptions = {
  readonly submissions: number
  readonly seed: number
  readonly report: (line: string) => void
}

/** Submissions of one world; it is held in memory, receipts and all. */
const WORLD_SUBMISSIONS = 5_000

/**
 * Sends files of every format, whole and damaged, and holds each to its accounts; throws what the first one failed by,
 * with the seed that brings it back. Answers what they came to.
 */
export async function fuzz({ submissions, seed, report }: FuzzOptions): Promise<object> {
  const cameTo: Record<string, number> = {}
  const begin = performance.now()
  for (let done = 0; done < submissions; done += WORLD_SUBMISSIONS) {
    await withWorld((world) =>
      fc.assert(
        fc.asyncProperty(anySubmission(), async (submission) => {
          const code = await settle(world, submission, `s${++serial}`)
          cameTo[code] = (cameTo[code] ?? 0) + 1
        }),
        { numRuns: Math.min(WORLD_SUBMISSIONS, submissions - done), seed: seed + done },
      ),
    )
    report(`  ${Math.min(done + WORLD_SUBMISSIONS, submissions)} submissions`)
  }
  const seconds = Math.round((performance.now() - begin) / 1_000)
  return { submissions, seed, seconds, cameTo: Object.fromEntries(Object.entries(cameTo).sort()) }
}

let serial = 0
