import { GetQueueUrlCommand, SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs'
import { mockClient } from 'aws-sdk-client-mock'
import { beforeEach, expect, test } from 'vitest'
import { openReplies } from '../../shared/aws/replies.ts'
import type { Reply } from '../../shared/ingest/deliver.ts'

const client = mockClient(SQSClient)
beforeEach(() => {
  client.reset()
  client.on(GetQueueUrlCommand).resolves({ QueueUrl: 'https://sqs/replies' })
})

const ARN = 'arn:aws:sqs:eu-west-1:222233334444:replies'
const reply = { submissionId: 's1', authority: 'a-bureau' } as Reply

function openTold() {
  const told: string[] = []
  const send = openReplies(new SQSClient({ region: 'eu-west-1' }), ({ code }) => told.push(code))
  return { told, send }
}

function refusal(name: string, status: number): Error {
  return Object.assign(new Error('quotes what was sent'), { name, $metadata: { httpStatusCode: status } })
}

test('a reply goes to the queue of that name in its authority’s account, asked for once', async () => {
  client.on(SendMessageCommand).resolves({})
  const { send } = openTold()
  await send(ARN, reply)
  await send(ARN, reply)
  const asked = client.commandCalls(GetQueueUrlCommand).map(({ args }) => args[0].input)
  expect(asked).toEqual([{ QueueName: 'replies', QueueOwnerAWSAccountId: '222233334444' }])
  const sent = client.commandCalls(SendMessageCommand).map(({ args }) => args[0].input)
  const message = {
    QueueUrl: 'https://sqs/replies',
    MessageBody: '{"authority":"a-bureau","submissionId":"s1"}',
  }
  expect(sent).toEqual([message, message])
})

test('a queue that is gone, or shuts us out, is told of and holds nothing up', async () => {
  const { send, told } = openTold()
  client.on(SendMessageCommand).rejects(refusal('AccessDenied', 403))
  await send(ARN, reply)
  client.on(GetQueueUrlCommand).rejects(refusal('QueueDoesNotExist', 400))
  await send(`${ARN}-of-another`, reply)
  expect(told).toEqual(['QUEUE_FAILED', 'QUEUE_FAILED'])
})

test('what passes is tried again', async () => {
  const { send, told } = openTold()
  client.on(SendMessageCommand).rejects(refusal('ThrottlingException', 400))
  await expect(send(ARN, reply)).rejects.toMatchObject({ code: 'QUEUE_BUSY', retryable: true })
  expect(told).toEqual([])
})
