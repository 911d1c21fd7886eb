import type { Context, SQSEvent } from 'aws-lambda'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { instrumented, type SqsOptions, sqsHandler } from '../../shared/aws/handler.ts'
import { Failure } from '../../shared/base/failure.ts'

const SECRET = '统一社会信用代码 91330203YY0000079F'

let printed: string[]
beforeEach(() => {
  printed = []
  for (const stream of [process.stdout, process.stderr]) {
    vi.spyOn(stream, 'write').mockImplementation((text) => {
      printed.push(String(text))
      return true
    })
  }
})
afterEach(() => vi.restoreAllMocks())

function batch(...bodies: readonly string[]): SQSEvent {
  const Records = bodies.map((body, n) => ({
    messageId: `m${n}`,
    body,
    eventSourceARN: 'arn:aws:sqs:us-east-1:000000000000:demo_submissions_demo-bureau',
  }))
  return { Records } as unknown as SQSEvent
}

/** A function's context in which so much time is left, until something says otherwise. */
function contextWith(clock: { leftMs: number } = { leftMs: 1_000 }): Context {
  return {
    functionName: 'f',
    awsRequestId: 'r',
    getRemainingTimeInMillis: () => clock.leftMs,
  } as unknown as Context
}

describe('a batch of messages', () => {
  test('that all succeed leaves none to be tried again', async () => {
    const handled: string[] = []
    const handler = sqsHandler({
      reserveMs: 100,
      work: async ({ body, queue }) => void handled.push(`${queue} ${body}`),
    })
    expect(await handler(batch('a', 'b'), contextWith())).toEqual({ batchItemFailures: [] })
    expect(handled).toEqual(['demo_submissions_demo-bureau a', 'demo_submissions_demo-bureau b'])
  })

  test('of which one fails has that one alone tried again', async () => {
    const work = async ({ body }: { body: string }): Promise<void> => {
      if (body === 'b') throw new Failure('STORE_BUSY', { retryable: true })
    }
    const handler = sqsHandler({ reserveMs: 100, work })
    expect(await handler(batch('a', 'b', 'c'), contextWith())).toEqual({
      batchItemFailures: [{ itemIdentifier: 'm1' }],
    })
  })

  test('begins no message without the time it may need', async () => {
    const clock = { leftMs: 200 }
    const begun: string[] = []
    const work = async ({ body }: { body: string }): Promise<void> => {
      begun.push(body)
      clock.leftMs -= 101
    }
    expect(await sqsHandler({ reserveMs: 100, work })(batch('a', 'b', 'c'), contextWith(clock))).toEqual({
      batchItemFailures: [{ itemIdentifier: 'm1' }, { itemIdentifier: 'm2' }],
    })
    expect(begun).toEqual(['a'])
  })

  test('tells the work on a message how much time is left, as it passes', async () => {
    const clock = { leftMs: 200 }
    const told: number[] = []
    const work: SqsOptions['work'] = async (_, time) => {
      told.push(time.getRemainingTimeInMillis())
      clock.leftMs -= 50
      told.push(time.getRemainingTimeInMillis())
    }
    await sqsHandler({ reserveMs: 100, work })(batch('a', 'b'), contextWith(clock))
    expect(told).toEqual([200, 150, 150, 100])
  })
})

describe('what is logged', () => {
  test.each([
    [
      'a failure of ours',
      new Failure('STORE_FAILED', { retryable: false, cause: new Error(SECRET) }),
      'STORE_FAILED',
    ],
    ['a stranger that quotes what was sent', new SyntaxError(SECRET), 'UNEXPECTED'],
    ['what is no error at all', SECRET, 'UNEXPECTED'],
  ])('of %s is a code, and never what was sent', async (_, fault, code) => {
    const work = async (): Promise<void> => {
      throw fault
    }
    await sqsHandler({ reserveMs: 1, work })(batch(SECRET), contextWith())
    const outcome = await instrumented(work)({ body: SECRET }, contextWith()).catch(
      (thrown: unknown) => thrown,
    )
    const text = printed.join('\n')
    expect(text).toContain(code)
    expect(text).not.toContain('91330203YY0000079F')
    // The runtime prints what a function throws
    expect(`${(outcome as Error).message} ${(outcome as Error).stack}`).not.toContain('91330203YY0000079F')
  })
})
