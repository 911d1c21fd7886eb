import {
  DeleteObjectCommand,
  GetObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  type S3Client,
} from '@aws-sdk/client-s3'
import { getSignedUrl } from '@aws-sdk/s3-request-presigner'
import { Failure } from '../base/failure.ts'
import { type Area, areas, type ObjectKey, type Objects, objectPath } from '../ports.ts'
import { faultName, translated } from './fault.ts'

export type Buckets = {
  readonly client: S3Client
  /** Several areas may share a bucket: an area is the first segment of an object's name. */
  readonly names: Readonly<Record<Area, string>>
  /** Of objects that nothing may take away, how long they are locked (Object Lock, compliance mode). */
  readonly lockedDays?: (key: ObjectKey) => number | undefined
}

/**
 * Objects on S3; the tag is the ETag. S3 reads see every write that returned before them, lists too.
 * Throws `OBJECT_KEY_INVALID`, and what fault.ts says.
 */
export function openObjects(buckets: Buckets): Objects {
  return {
    find: (key) => translated('OBJECTS', () => findObject(buckets, key)),
    put: (key, body, when) => translated('OBJECTS', () => putObject(buckets, { key, body, when })),
    list: (under) => listObjects(buckets, under),
    remove: (key) =>
      translated('OBJECTS', async () => {
        await buckets.client.send(new DeleteObjectCommand(nameOf(buckets, key)))
      }),
    link: (key, ttlSeconds) =>
      translated('OBJECTS', async () =>
        getSignedUrl(buckets.client, new GetObjectCommand(nameOf(buckets, key)), { expiresIn: ttlSeconds }),
      ),
  }
}

async function findObject(
  buckets: Buckets,
  key: ObjectKey,
): Promise<{ body: Uint8Array; tag: string } | undefined> {
  try {
    const found = await buckets.client.send(new GetObjectCommand(nameOf(buckets, key)))
    const body = (await found.Body?.transformToByteArray()) ?? new Uint8Array()
    return { body, tag: found.ETag ?? '' }
  } catch (fault) {
    if (faultName(fault) === 'NoSuchKey') return undefined
    throw fault
  }
}

type Put = {
  readonly key: ObjectKey
  readonly body: Uint8Array
  readonly when: 'absent' | { readonly tag: string }
}

async function putObject(buckets: Buckets, { key, body, when }: Put): Promise<'stored' | 'exists'> {
  const condition = when === 'absent' ? { IfNoneMatch: '*' } : { IfMatch: when.tag }
  try {
    await buckets.client.send(
      new PutObjectCommand({
        ...nameOf(buckets, key),
        Body: body,
        ChecksumAlgorithm: 'SHA256',
        ...condition,
        ...lockOf(buckets.lockedDays?.(key)),
      }),
    )
    return 'stored'
  } catch (fault) {
    // NoSuchKey: a body was to be replaced where there is none
    const name = faultName(fault) ?? ''
    if (name === 'PreconditionFailed' || name === 'NoSuchKey') return 'exists'
    throw fault
  }
}

function lockOf(days: number | undefined) {
  if (days === undefined) return {}
  const until = new Date(Date.now() + days * 24 * 60 * 60 * 1000)
  return { ObjectLockMode: 'COMPLIANCE', ObjectLockRetainUntilDate: until } as const
}

async function* listObjects(buckets: Buckets, under: ObjectKey): AsyncGenerator<ObjectKey> {
  const bucket = buckets.names[under.area]
  const prefix = under.path === '' ? `${under.area}/` : `${nameOf(buckets, under).Key}/`
  let token: string | undefined
  do {
    const page = await translated('OBJECTS', () =>
      buckets.client.send(
        new ListObjectsV2Command({
          Bucket: bucket,
          Prefix: prefix,
          ...(token !== undefined && { ContinuationToken: token }),
        }),
      ),
    )
    for (const { Key } of page.Contents ?? []) {
      if (Key !== undefined) yield { area: under.area, path: Key.slice(under.area.length + 1) }
    }
    token = page.NextContinuationToken
  } while (token !== undefined)
}

function nameOf({ names }: Buckets, { area, path }: ObjectKey): { Bucket: string; Key: string } {
  if (!areas.includes(area) || !objectPath.test(path))
    throw new Failure('OBJECT_KEY_INVALID', { retryable: false })
  return { Bucket: names[area], Key: `${area}/${path}` }
}
