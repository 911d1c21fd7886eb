import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { parseQueueName, queueKinds, queueName, submissionQueueName } from '../../shared/names.ts'

describe("a queue's name", () => {
  const code = fc.stringMatching(/^[a-z0-9][a-z0-9-]{1,39}$/)
  const stack = fc.stringMatching(/^[A-Za-z][A-Za-z0-9-]{0,20}$/)

  test('says whose it is, whatever the stack and the authority are called', () => {
    fc.assert(
      fc.property(stack, code, fc.boolean(), (name, authority, dead) => {
        const queue = { kind: 'submissions', authority, ...(dead ? { dead: true as const } : {}) } as const
        expect(parseQueueName(queueName(name, queue))).toEqual(queue)
      }),
    )
  })

  test.each(queueKinds.filter((kind) => kind !== 'submissions'))('of kind %s names no authority', (kind) => {
    expect(parseQueueName(queueName('demo', { kind }))).toEqual({ kind })
    expect(parseQueueName(queueName('demo', { kind, dead: true }))).toEqual({ kind, dead: true })
  })

  test('of another form is none of ours', () => {
    for (const name of ['', 'demo', 'demo_other', 'demo-inbox']) expect(parseQueueName(name)).toBeUndefined()
    expect(submissionQueueName('demo', 'a-bureau')).toBe('demo_submissions_a-bureau')
  })
})
