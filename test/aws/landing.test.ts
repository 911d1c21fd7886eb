import { Readable } from 'node:stream'
import { GetObjectCommand, S3Client } from '@aws-sdk/client-s3'
import { mockClient } from 'aws-sdk-client-mock'
import { beforeEach, describe, expect, test } from 'vitest'
import { parseFiles, readLanding } from '../../shared/aws/landing.ts'
import { limits } from '../../shared/ingest/formats/limits.ts'

const client = mockClient(S3Client)
beforeEach(() => client.reset())

const file = { key: 'demo-bureau/files/a.csv', versionId: 'v1' }
const read = () => readLanding(new S3Client({ region: 'us-east-1' }), 'landing', file)

function fault(name: string, httpStatusCode: number): Error {
  return Object.assign(new Error('quotes demo-bureau/files/a.csv'), { name, $metadata: { httpStatusCode } })
}

describe('reading what has landed', () => {
  test.each([
    ['NoSuchKey', 404],
    ['NoSuchVersion', 404],
    ['InvalidArgument', 400],
    ['MethodNotAllowed', 405],
  ])('%s (%i) says that there is no such version', async (name, status) => {
    client.on(GetObjectCommand).rejects(fault(name, status))
    expect(await read()).toEqual({ outcome: 'absent' })
  })

  test.each([
    ['SlowDown', 503, 'OBJECTS_BUSY'],
    ['TimeoutError', 0, 'OBJECTS_BUSY'],
    ['KMS.ThrottlingException', 503, 'OBJECTS_BUSY'],
    ['AccessDenied', 403, 'OBJECTS_FAILED'],
  ])('%s (%i) says nothing of it: %s', async (name, status, code) => {
    client.on(GetObjectCommand).rejects(fault(name, status))
    await expect(read()).rejects.toMatchObject({ code, retryable: code === 'OBJECTS_BUSY' })
  })

  test('what is larger than one file may be is not read, and its connection is let go', async () => {
    const body = new Readable({
      read: () => {
        throw new Error('it was read')
      },
    })
    client.on(GetObjectCommand).resolves({ ContentLength: limits.fileBytes + 1, Body: body as never })
    expect(await read()).toEqual({ outcome: 'too-large' })
    expect(body.destroyed).toBe(true)
  })

  test('a fault amid the bytes says what it is, and not what was read', async () => {
    async function* breaking() {
      yield Buffer.from('a')
      throw Object.assign(new Error('quotes the bytes'), { name: 'ERR', code: 'ERR_STREAM_PREMATURE_CLOSE' })
    }
    client.on(GetObjectCommand).resolves({ ContentLength: 2, Body: breaking() as never })
    const landed = await read()
    if (landed.outcome !== 'found') expect.fail(landed.outcome)
    const whole = Array.fromAsync(landed.bytes)
    await expect(whole).rejects.toMatchObject({ code: 'OBJECTS_BUSY', retryable: true })
  })
})

describe('what S3 tells of a drop', () => {
  const told = (key: string) => ({
    Records: [{ eventTime: '2026-11-23T08:00:00.000Z', s3: { object: { key, versionId: 'v1' } } }],
  })

  test('names a file by what its name says, percent signs undone', () => {
    const refusal = { code: 'DROP_NAME_MALFORMED', path: '/object' }
    expect(parseFiles(told('demo-bureau/drop/registration/2026%2D11+a.csv'))).toMatchObject([{ refusal }])
    expect(parseFiles(told('demo-bureau/drop/registration/2026%2D11.csv'))).toMatchObject([
      {
        authority: 'demo-bureau',
        head: { submissionId: '2026-11', layout: 'registration', sentAt: '2026-11-23T08:00:00.000Z' },
        ...{ key: 'demo-bureau/drop/registration/2026-11.csv', versionId: 'v1' },
      },
    ])
  })

  test('of any other name is of no file yet: a pointer will name it', () => {
    expect(parseFiles(told('demo-bureau/files/a.csv'))).toEqual([])
    expect(parseFiles(told('demo-bureau/drop/registration/'))).toEqual([])
  })

  test('is nothing where it only tries the queue', () => {
    expect(parseFiles({ Service: 'Amazon S3', Event: 's3:TestEvent', Bucket: 'landing' })).toEqual([])
  })
})
