import { SendMessageBatchCommand, SQSClient } from '@aws-sdk/client-sqs'
import { mockClient } from 'aws-sdk-client-mock'
import { beforeEach, describe, expect, test } from 'vitest'
import { decodeMessage, openQueue } from '../../shared/aws/queue.ts'
import type { LargeValues } from '../../shared/aws/value.ts'

const client = mockClient(SQSClient)
beforeEach(() => client.reset())

const stored = new Map<string, Uint8Array>()
const large: LargeValues = {
  put: async (sha, body) => void stored.set(sha, body),
  find: async (sha) => stored.get(sha),
}
const queue = openQueue({ client: new SQSClient({ region: 'us-east-1' }), url: 'https://queue', large })

function sent() {
  return client
    .commandCalls(SendMessageBatchCommand)
    .map(({ args }) => args[0].input.Entries?.map(({ MessageBody }) => MessageBody) ?? [])
}

describe('sending', () => {
  test('goes in batches of ten', async () => {
    client.on(SendMessageBatchCommand).resolves({})
    await queue.send(Array.from({ length: 23 }, (_, n) => n))
    expect(sent().map((batch) => batch.length)).toEqual([10, 10, 3])
  })

  test('keeps a batch under what SQS takes at once, in bytes', async () => {
    client.on(SendMessageBatchCommand).resolves({})
    await queue.send(Array.from({ length: 8 }, () => '处'.repeat(80_000)))
    for (const batch of sent()) expect(Buffer.byteLength(batch.join(''))).toBeLessThanOrEqual(1_048_576)
    expect(sent().flat()).toHaveLength(8)
  })

  test('sends again what failed, and that alone', async () => {
    const failed = [{ Id: '1', Code: 'InternalError', SenderFault: false }]
    client.on(SendMessageBatchCommand).resolvesOnce({ Failed: failed, Successful: [] }).resolves({})
    await queue.send(['a', 'b', 'c'])
    expect(sent()).toEqual([['=a', '=b', '=c'], ['=b']])
  })

  test.each([
    [false, 'QUEUE_BUSY', true],
    [true, 'QUEUE_FAILED', false],
  ])('of what fails for good (the fault of its sender: %s) is %s', async (SenderFault, code, retryable) => {
    client
      .on(SendMessageBatchCommand)
      .resolves({ Failed: [{ Id: '0', Code: 'X', SenderFault }], Successful: [] })
    await expect(queue.send(['a'])).rejects.toMatchObject({ code, retryable })
  })

  test('gives up on what fails again and again, to be sent later', async () => {
    const failed = [{ Id: '1', Code: 'ServiceUnavailable', SenderFault: false }]
    client.on(SendMessageBatchCommand).resolves({ Failed: failed, Successful: [] })
    await expect(queue.send(['a', 'b'])).rejects.toMatchObject({ code: 'QUEUE_BUSY', retryable: true })
    expect(sent()).toEqual([['=a', '=b'], ['=b'], ['=b'], ['=b'], ['=b']])
  })

  test.each([
    ['RequestThrottled', 400, 'QUEUE_BUSY'],
    ['ThrottlingException', 400, 'QUEUE_BUSY'],
    ['TimeoutError', 0, 'QUEUE_BUSY'],
    ['InternalError', 500, 'QUEUE_BUSY'],
    ['AccessDenied', 403, 'QUEUE_FAILED'],
    ['QueueDoesNotExist', 400, 'QUEUE_FAILED'],
    ['BatchRequestTooLong', 400, 'QUEUE_FAILED'],
  ])('that ends in %s (%i) is %s; what an earlier batch holds stays sent', async (name, status, code) => {
    const fault = Object.assign(new Error('quotes what was sent'), {
      name,
      $metadata: { httpStatusCode: status },
    })
    client.on(SendMessageBatchCommand).resolvesOnce({}).rejects(fault)
    const messages = Array.from({ length: 12 }, (_, n) => n)
    const retryable = code === 'QUEUE_BUSY'
    await expect(queue.send(messages)).rejects.toMatchObject({ code, retryable })
    expect(sent().map((batch) => batch.length)).toEqual([10, 2])
  })

  test('that was done but reported failed is done again when it is tried again', async () => {
    client
      .on(SendMessageBatchCommand)
      .rejectsOnce(Object.assign(new Error('x'), { name: 'TimeoutError' }))
      .resolves({})
    await expect(queue.send(['a'])).rejects.toMatchObject({ code: 'QUEUE_BUSY', retryable: true })
    await queue.send(['a'])
    expect(sent()).toEqual([['=a'], ['=a']])
  })

  test('sends nothing that refers to what could not be laid apart', async () => {
    client.on(SendMessageBatchCommand).resolves({})
    const busy = Object.assign(new Error('x'), { name: 'SlowDown', $metadata: { httpStatusCode: 503 } })
    const full: LargeValues = { put: () => Promise.reject(busy), find: async () => undefined }
    const other = openQueue({
      client: new SQSClient({ region: 'us-east-1' }),
      url: 'https://queue',
      large: full,
    })
    const sending = other.send(['small', 'x'.repeat(300_001)])
    await expect(sending).rejects.toMatchObject({ code: 'QUEUE_BUSY', retryable: true })
    expect(sent()).toEqual([])
  })

  test('lets a message of over 300 KB lie apart', async () => {
    client.on(SendMessageBatchCommand).resolves({})
    const message = { text: 'x'.repeat(300_001) }
    await queue.send([message])
    const [[body = ''] = []] = sent()
    expect(body).toMatch(/^@[0-9a-f]{64}$/)
    expect(await decodeMessage(body, large)).toEqual(message)
  })
})
