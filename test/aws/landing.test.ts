import { Readable } from 'node:stream'
import { GetObjectCommand, S3Client } from '@aws-sdk/client-s3'
import { mockClient } from 'aws-sdk-client-mock'
import { assert, beforeEach, describe, expect, test } from 'vitest'
import { parseFiles, readLanding, readWhile, unreadOf } from '../../shared/aws/landing.ts'
import { sha256 } from '../../shared/base/digest.ts'
import { refuseUnread } from '../../shared/ingest/accept.ts'
import type { SubmissionHead } from '../../shared/ingest/envelope.ts'
import { limits } from '../../shared/ingest/formats/limits.ts'
import { findReceipt } from '../../shared/ingest/receipt.ts'
import { type Delivery, notTaken, receiveSubmission } from '../../shared/ingest/receive.ts'
import { sealPending } from '../../shared/ledger/seal.ts'
import { findLedgerSize } from '../../shared/ledger/sealed.ts'
import { PART_RECORD_LIMIT } from '../../shared/records/part.ts'
import { Crash, faultsFrom, faulty } from '../faults.ts'
import { fileDelivery, rows, take, withWorld } from '../ingest/sample.ts'
import type { TestWorld } from '../records/world.ts'

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

describe('a file that cannot be read in the time there is', () => {
  const layout = 'licence-2018'
  const row = rows[layout]
  const lines = Array.from({ length: 2 * PART_RECORD_LIMIT + 1 }, (_, n) =>
    Buffer.from(`${JSON.stringify({ ...row, XK_WSH: `示许〔2026〕${n}号` })}\n`),
  )
  const { authority, head } = fileDelivery('', 'ndjson', { layout })
  let isLetGo = false
  async function* landed() {
    try {
      yield* lines
    } finally {
      isLetGo = true
    }
  }
  /** A delivery that has the time to read so many chunks. */
  const within = (chunks: number): Delivery => {
    let left = chunks
    return { authority, head, file: { format: 'ndjson', bytes: readWhile(() => left-- > 0, landed()) } }
  }
  const refuse = (world: TestWorld) =>
    refuseUnread(world, {
      ...{ authority, sha256: 'a'.repeat(64), sizeBytes: 0, refusal: notTaken['too-large'] },
      head: head as SubmissionHead,
    })

  test.each([0, 1, PART_RECORD_LIMIT + 7, lines.length])(
    'is refused as too large after chunk %i, with nothing left that counts',
    async (chunks) => {
      await withWorld(async (world) => {
        isLetGo = false
        expect(await receiveSubmission(world, within(chunks))).toEqual({ outcome: 'too-large' })
        expect(world.queues.inbox.log).toEqual([])
        // The first chunk is what opens it
        expect(isLetGo).toBe(chunks > 0)
      })
    },
  )

  test('is read in the time it just takes', async () => {
    await withWorld(async (world) => {
      const received = await receiveSubmission(world, within(lines.length + 1))
      expect(received).toMatchObject({ outcome: 'received', draft: { accepted: lines.length } })
    })
  })

  test('has one receipt, whatever comes of it the next time that its message comes', async () => {
    await withWorld(async (world) => {
      expect((await receiveSubmission(world, within(9))).outcome).toBe('too-large')
      await refuse(world)
      const first = await findReceipt(world.store, authority.code, head.submissionId)
      expect(first?.refusal?.code).toBe('OBJECT_TOO_LARGE')
      // Its id is taken: it is only measured, and is found to be other content than what its refusal is named by
      expect((await receiveSubmission(world, within(lines.length + 1))).outcome).toBe('reused')
      await refuse(world)
      expect(await findReceipt(world.store, authority.code, head.submissionId)).toEqual(first)
      while ((await sealPending(world)) > 0);
      expect(await findLedgerSize(world.store)).toBe(1)
    })
  })

  test.each(['failed', 'stored'] as const)(
    'or died at a part (%s) is received whole by a run that has it',
    async (mode) => {
      await withWorld(async (world) => {
        const dying = faulty(world, faultsFrom({ crashAt: 2, mode }))
        await expect(receiveSubmission(dying, within(lines.length + 1))).rejects.toThrow(Crash)
        expect((await receiveSubmission(world, within(2 * PART_RECORD_LIMIT))).outcome).toBe('too-large')
        const { draft, records } = await take(world, within(lines.length + 1))
        expect(draft.parts).toHaveLength(3)
        expect(records).toHaveLength(lines.length)
      })
    },
  )
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

  test('is named unread by the version of its object, of which the hash of its key alone tells nobody', () => {
    const [dropped] = parseFiles(told('demo-bureau/drop/registration/2026 11.csv'))
    assert(dropped)
    const { sha256: named, ...unread } = unreadOf(dropped)
    expect(unread).toEqual({ sizeBytes: 0 })
    expect(named).not.toBe(sha256(dropped.key))
    expect(named).not.toBe(unreadOf({ ...dropped, versionId: 'v2' }).sha256)
    expect(unreadOf({ ...dropped, sha256: 'f'.repeat(64) }).sha256).toBe('f'.repeat(64))
  })

  test('is nothing where it only tries the queue', () => {
    expect(parseFiles({ Service: 'Amazon S3', Event: 's3:TestEvent', Bucket: 'landing' })).toEqual([])
  })
})
