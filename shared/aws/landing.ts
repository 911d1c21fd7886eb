import { Readable } from 'node:stream'
import { GetObjectCommand, type S3Client } from '@aws-sdk/client-s3'
import { z } from 'zod'
import { sha256 } from '../base/digest.ts'
import type { Unread } from '../ingest/accept.ts'
import { type Drop, parseDropKey } from '../ingest/file-name.ts'
import { FileRefused } from '../ingest/formats/format.ts'
import { limits } from '../ingest/formats/limits.ts'
import { pointerSchema } from '../ingest/message.ts'
import { faultName, translated } from './fault.ts'

/** A file in the landing bucket: whose it is, what its name or its pointer says of it, and which version of which object. */
export type LandingFile = Drop & {
  readonly key: string
  readonly versionId: string
  /** As the pointer says; a dropped file comes without. */
  readonly sha256?: string
  readonly signature?: string | undefined
}

const forwardedSchema = z.strictObject({ authority: z.string(), pointer: pointerSchema })

// What S3 tells of a new object; its key comes with percent signs for what a URL cannot hold
const notificationSchema = z.object({
  Records: z.array(
    z.object({
      eventTime: z.string(),
      s3: z.object({ object: z.object({ key: z.string(), versionId: z.string() }) }),
    }),
  ),
})

/** The files that a message of the files queue tells of: a pointer sent on, or what S3 says was dropped. */
export function parseFiles(message: unknown): readonly LandingFile[] {
  const forwarded = forwardedSchema.safeParse(message)
  if (forwarded.success) {
    const { object, signature, ...head } = forwarded.data.pointer
    return [{ authority: forwarded.data.authority, head, ...object, ...(signature && { signature }) }]
  }
  const notification = notificationSchema.safeParse(message)
  // S3 also sends a test event when notifications are set up
  if (!notification.success) return []
  return notification.data.Records.flatMap(({ eventTime, s3: { object } }) => {
    const key = decodeURIComponent(object.key.replaceAll('+', ' '))
    const drop = parseDropKey(key, eventTime)
    // Any other name is a file that a pointer will name
    return drop === undefined ? [] : [{ ...drop, key, versionId: object.versionId }]
  })
}

/**
 * What a receipt states of a file whose bytes nobody looked at: the hash that its pointer states, else one over the name
 * of its object. That name may be somebody's number: the version's id beside it, which is random, keeps the hash from
 * telling it.
 */
export function unreadOf(file: LandingFile): Pick<Unread, 'head' | 'sha256' | 'sizeBytes'> {
  return {
    ...('head' in file && { head: file.head }),
    sha256: file.sha256 ?? sha256(`${file.key}\n${file.versionId}`),
    sizeBytes: 0,
  }
}

export type Landed =
  /** Read as it comes. */
  | { readonly outcome: 'found'; readonly bytes: AsyncIterable<Uint8Array> }
  | { readonly outcome: 'absent' }
  | { readonly outcome: 'too-large' }

/** Opens one version of an object that an authority has put. */
export function readLanding(
  client: S3Client,
  bucket: string,
  { key, versionId }: { readonly key: string; readonly versionId: string },
): Promise<Landed> {
  return translated('OBJECTS', async () => {
    try {
      const found = await client.send(
        new GetObjectCommand({ Bucket: bucket, Key: key, VersionId: versionId }),
      )
      if ((found.ContentLength ?? 0) > limits.fileBytes) {
        // Else its connection is held for as long as the function lives
        if (found.Body instanceof Readable) found.Body.destroy()
        return { outcome: 'too-large' }
      }
      return { outcome: 'found', bytes: readOn(found.Body as Readable) }
    } catch (fault) {
      if (ABSENT.has(faultName(fault) ?? '')) return { outcome: 'absent' }
      throw fault
    }
  })
}

/**
 * Bytes that are refused, and stay so, once the time to read them is over. What was archived by then is named by its
 * content, and nobody refers to it. To go on in another run would have to begin at the first byte again: what is packed
 * cannot be read from the middle, and what came twice is known by all that came before.
 */
export function readWhile(
  hasTime: () => boolean,
  bytes: AsyncIterable<Uint8Array>,
): AsyncIterable<Uint8Array> {
  const chunks = bytes[Symbol.asyncIterator]()
  let isRead = false
  // No generator: one that threw once says that the file is at its end
  const next = async () => {
    if (!isRead && !hasTime()) throw new FileRefused('OBJECT_TOO_LARGE')
    const chunk = await chunks.next()
    isRead = chunk.done === true
    return chunk
  }
  const close = async () => {
    await chunks.return?.()
    return { done: true as const, value: undefined }
  }
  return { [Symbol.asyncIterator]: () => ({ next, return: close }) }
}

async function* readOn(body: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  const chunks = body[Symbol.asyncIterator]()
  try {
    for (;;) {
      const chunk = await translated('OBJECTS', () => chunks.next())
      if (chunk.done) return
      yield chunk.value
    }
  } finally {
    await chunks.return?.()
  }
}

// A version id of another form than S3's is an invalid argument, and names nothing either; one of a delete marker names
// something that has no content, and getting it is a method that is not allowed
const ABSENT: ReadonlySet<string> = new Set([
  'NoSuchKey',
  'NoSuchVersion',
  'InvalidArgument',
  'MethodNotAllowed',
])
