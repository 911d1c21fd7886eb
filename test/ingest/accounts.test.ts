import fc from 'fast-check'
import { expect, test, vi } from 'vitest'
import { settle } from './accounts.ts'
import { anySubmission } from './any-submission.ts'
import { withWorld } from './sample.ts'

// `npm run bench -- fuzz` sends a hundred thousand
test('whatever file comes, its accounts add up, and nobody’s number is kept or told', async () => {
  const printed = (['log', 'warn', 'error'] as const).map((level) => vi.spyOn(console, level))
  const codes = new Set<string>()
  let serial = 0
  await withWorld((world) =>
    fc.assert(
      fc.asyncProperty(anySubmission(), async (submission) => {
        codes.add(await settle(world, submission, `s${++serial}`))
      }),
      { numRuns: 400 },
    ),
  )
  expect([...codes]).toEqual(expect.arrayContaining(['read', 'HEADER_NOT_FOUND', 'GZIP_MALFORMED']))
  for (const spy of printed) {
    expect(spy).not.toHaveBeenCalled()
    spy.mockRestore()
  }
})
