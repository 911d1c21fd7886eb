import {
  DeleteObjectCommand,
  GetObjectCommand,
  ListObjectsV2Command,
  NoSuchKey,
  PutObjectCommand,
  S3Client,
} from '@aws-sdk/client-s3'
import { mockClient } from 'aws-sdk-client-mock'
import { beforeEach, describe, expect, test } from 'vitest'
import { openObjects } from '../../shared/aws/objects.ts'
import type { ObjectKey } from '../../shared/ports.ts'

const client = mockClient(S3Client)
beforeEach(() => client.reset())

const names = {
  archive: 'records',
  batches: 'records',
  ledger: 'ledger',
  datasets: 'datasets',
  evidence: 'evidence',
  packages: 'packages',
  receipts: 'datasets',
}
const objects = openObjects({ client: new S3Client({ region: 'us-east-1' }), names })
const key: ObjectKey = { area: 'archive', path: 'parts/ab/abc' }
const body = Buffer.from('body')

function fault(name: string, httpStatusCode: number): Error {
  return Object.assign(new Error('quotes parts/ab/abc'), { name, $metadata: { httpStatusCode } })
}

describe('putting', () => {
  test.each([
    ['absent' as const, 'PreconditionFailed', 412],
    [{ tag: '"1"' }, 'PreconditionFailed', 412],
    [{ tag: '"1"' }, 'NoSuchKey', 404],
  ])('when %j finds it otherwise (%s): exists', async (when, name, status) => {
    client.on(PutObjectCommand).rejects(fault(name, status))
    expect(await objects.put(key, body, when)).toBe('exists')
  })

  test.each([
    ['ConditionalRequestConflict', 409, 'OBJECTS_BUSY'],
    ['SlowDown', 503, 'OBJECTS_BUSY'],
    ['InternalError', 500, 'OBJECTS_BUSY'],
    ['AccessDenied', 403, 'OBJECTS_FAILED'],
    ['BadDigest', 400, 'OBJECTS_FAILED'],
  ])('that ends in %s (%i) may be stored or not: %s', async (name, status, code) => {
    client.on(PutObjectCommand).rejects(fault(name, status))
    await expect(objects.put(key, body, 'absent')).rejects.toMatchObject({
      code,
      retryable: code === 'OBJECTS_BUSY',
    })
  })

  test('of what was stored but reported failed is told as exists when it is tried again', async () => {
    client
      .on(PutObjectCommand)
      .rejectsOnce(fault('TimeoutError', 0))
      .rejects(fault('PreconditionFailed', 412))
    await expect(objects.put(key, body, 'absent')).rejects.toMatchObject({ code: 'OBJECTS_BUSY' })
    expect(await objects.put(key, body, 'absent')).toBe('exists')
  })

  test('names the bucket of its area, the area in the name, and a checksum', async () => {
    client.on(PutObjectCommand).resolves({})
    await objects.put(key, body, 'absent')
    expect(client.commandCalls(PutObjectCommand)[0]?.args[0].input).toMatchObject({
      Bucket: 'records',
      Key: 'archive/parts/ab/abc',
      IfNoneMatch: '*',
      ChecksumAlgorithm: 'SHA256',
    })
  })
})

describe('finding', () => {
  test('what is not there is nothing; what may not be read is a fault', async () => {
    client.on(GetObjectCommand).rejectsOnce(new NoSuchKey({ message: '', $metadata: {} }))
    expect(await objects.find(key)).toBeUndefined()
    client.on(GetObjectCommand).rejects(fault('AccessDenied', 403))
    await expect(objects.find(key)).rejects.toMatchObject({ code: 'OBJECTS_FAILED', retryable: false })
  })
})

describe('what breaks off', () => {
  const broken = Object.assign(new Error('aborted'), { code: 'ECONNRESET' })

  test('a body half way is to be read again', async () => {
    const Body = { transformToByteArray: () => Promise.reject(broken) } as never
    client.on(GetObjectCommand).resolves({ Body, ETag: '"1"' })
    await expect(objects.find(key)).rejects.toMatchObject({ code: 'OBJECTS_BUSY', retryable: true })
  })

  test('a list at its second page gives the first, and then does not end but fails', async () => {
    client
      .on(ListObjectsV2Command)
      .resolvesOnce({ Contents: [{ Key: 'archive/parts/a' }], NextContinuationToken: 'next' })
      .rejects(fault('SlowDown', 503))
    const list = objects.list({ area: 'archive', path: 'parts' })[Symbol.asyncIterator]()
    expect(await list.next()).toMatchObject({ value: { path: 'parts/a' } })
    await expect(list.next()).rejects.toMatchObject({ code: 'OBJECTS_BUSY', retryable: true })
  })

  test('a removal is to be tried again, and may be as often as one likes', async () => {
    client.on(DeleteObjectCommand).rejectsOnce(broken).resolves({})
    await expect(objects.remove(key)).rejects.toMatchObject({ code: 'OBJECTS_BUSY', retryable: true })
    await objects.remove(key)
    await objects.remove(key)
  })

  test('a replacement that was stored is told as exists when it is tried again: its tag is another by now', async () => {
    client.on(PutObjectCommand).rejectsOnce(broken).rejects(fault('PreconditionFailed', 412))
    await expect(objects.put(key, body, { tag: '"1"' })).rejects.toMatchObject({ code: 'OBJECTS_BUSY' })
    expect(await objects.put(key, body, { tag: '"1"' })).toBe('exists')
  })
})

describe('listing', () => {
  test('reads on over pages and gives paths without their area', async () => {
    client
      .on(ListObjectsV2Command)
      .resolvesOnce({ Contents: [{ Key: 'archive/parts/a' }], NextContinuationToken: 'next' })
      .resolves({ Contents: [{ Key: 'archive/parts/b' }] })
    const paths: string[] = []
    for await (const { path } of objects.list({ area: 'archive', path: 'parts' })) paths.push(path)
    expect(paths).toEqual(['parts/a', 'parts/b'])
    const inputs = client.commandCalls(ListObjectsV2Command).map(({ args }) => args[0].input)
    expect(inputs).toMatchObject([
      { Prefix: 'archive/parts/' },
      { Prefix: 'archive/parts/', ContinuationToken: 'next' },
    ])
  })
})
