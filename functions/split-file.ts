import { basename } from 'node:path'
import { count, type SqsMessage, sqsHandler, type TimeLeft } from '../shared/aws/handler.ts'
import { type LandingFile, parseFiles, readLanding, readWhile, unreadOf } from '../shared/aws/landing.ts'
import { decodeMessage } from '../shared/aws/queue.ts'
import { authorityOf, openAws } from '../shared/aws/world.ts'
import { Failure } from '../shared/base/failure.ts'
import { refuseUnread } from '../shared/ingest/accept.ts'
import { checkFileName, parseFileName } from '../shared/ingest/file-name.ts'
import { notTaken, receiveSubmission } from '../shared/ingest/receive.ts'
import type { Refusal } from '../shared/ingest/refusal.ts'

const world = await openAws()

/** Of the function's 900 s: a file is begun only while there are so many. */
const RESERVE_MS = 600_000
/** For what is left to do when its bytes are at their end, or are left off: the last parts, the draft or the refusal. */
const CLOSING_MS = 60_000

/** Reads files out of the landing bucket and divides them into parts of the archive. */
export const handler = sqsHandler({ reserveMs: RESERVE_MS, work: splitFiles })

async function splitFiles({ body }: SqsMessage, time: TimeLeft): Promise<void> {
  for (const file of parseFiles(await decodeMessage(body, world.large))) {
    // One that had less time would be refused for the size of those before it, which are only measured next time
    if (time.getRemainingTimeInMillis() < RESERVE_MS) throw new Failure('FILES_WAIT', { retryable: true })
    await splitFile(file, () => time.getRemainingTimeInMillis() >= CLOSING_MS)
  }
}

async function splitFile(file: LandingFile, hasTime: () => boolean): Promise<void> {
  if ('refusal' in file) return refuse(file, file.refusal)
  const named = checkFileName(basename(file.key))
  if (named !== undefined) return refuse(file, { ...named, path: '/object' })
  const landed = await readLanding(world.s3, world.environment.BUCKET_LANDING, file)
  if (landed.outcome === 'absent') return refuse(file, { code: 'OBJECT_NOT_FOUND', path: '/object' })
  if (landed.outcome === 'too-large') return refuse(file, notTaken['too-large'])
  const { head, sha256, signature } = file
  const { head: _, ...headless } = unreadOf(file)
  const format = parseFileName(file.key)?.format
  const received = await receiveSubmission(world, {
    authority: authorityOf(world, file.authority),
    head,
    file: { format, bytes: readWhile(hasTime, landed.bytes), sha256, signature },
  })
  // Without its head: it is no word of the authority's, and takes no id of its
  if (received.outcome === 'denied') return refuse(file, received.refusal, headless)
  const { outcome } = received
  // Pointers were looked at before they were sent on, and S3 dates what is dropped: two of our clocks differ, and will
  // have caught up when this comes again
  if (outcome === 'early') throw new Failure('SENT_AT_IN_FUTURE', { retryable: true })
  if (outcome in notTaken) await refuse(file, notTaken[outcome as keyof typeof notTaken])
}

async function refuse(file: LandingFile, refusal: Refusal, unread = unreadOf(file)): Promise<void> {
  await refuseUnread(world, { authority: authorityOf(world, file.authority), ...unread, refusal })
  count('refused')
}
