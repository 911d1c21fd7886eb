import { expect, test } from 'vitest'
import { untilPublished } from '../../bin/commands/dataset.ts'
import { push } from '../../bin/pushed.ts'
import type { Session } from '../../bin/session.ts'
import { sha256 } from '../../shared/base/digest.ts'

const head = { authority: 'a-bureau', layout: 'licence-2018', submissionId: 's1' }
const file = { contentType: 'text/csv', bytes: new Uint8Array() }
const [own, other] = [sha256('own'), sha256('other')]
const none = {
  ...{ schemaVersion: '1', sentAt: '', receivedAt: '', sizeBytes: 0, entryId: '', parts: [] },
  ...{ received: 0, accepted: 0, repeated: 0, refused: 0, unresolved: 0 },
}
const refusal = { code: 'SENT_AT_IN_FUTURE', path: '/sentAt', reason: 'x' }

/** A door that answers no request, before an API that knows these receipts. */
function sessionWith(receipts: Readonly<Record<string, object>>, refusedId?: string): Session {
  const submit = async () => ({ sha256: own, ...(refusedId !== undefined && { refusedId }) })
  return {
    ...{ submit, submitMinimised: submit },
    call: async ({ path }) => {
      const receipt = receipts[path.split(/[/?]/)[4] ?? '']
      const applied = { new: 0, known: 0 }
      return receipt === undefined
        ? { status: 404, body: { code: 'NOT_FOUND' } }
        : { status: 200, body: { receipt, status: 'applied', entry: 0, applied, records: [] } }
    },
    token: async () => '',
    work: () => undefined,
    close: async () => undefined,
  }
}

test('a push ends when its submission was turned away, though its id has no receipt', async () => {
  const receipt = { ...head, ...none, submissionId: 'refused-1', sha256: other, refusal }
  const pushed = await push(sessionWith({ 'refused-1': receipt }, 'refused-1'), { ...head, file })
  expect(pushed).toMatchObject({ submissionId: 'refused-1', refusal: { code: 'SENT_AT_IN_FUTURE' } })
})

test('a push looks at the receipt of its own id first, and at no other where the door answers', async () => {
  const taken = { ...head, ...none, sha256: own }
  const refused = { ...taken, submissionId: 'refused-1', refusal }
  const receipts = { s1: taken, 'refused-1': refused }
  for (const session of [sessionWith(receipts, 'refused-1'), sessionWith(receipts)]) {
    expect(await push(session, { ...head, file })).toMatchObject({ submissionId: 's1' })
  }
})

test('a publication that leaves no outcome is waited for no longer than was said', async () => {
  const started = { status: 202, body: { publication: '/v1/publications/p1' } }
  await expect(
    untilPublished(sessionWith({}), { as: 'steward', started, timeoutSeconds: 0.001 }),
  ).rejects.toMatchObject({
    exitCode: 1,
    document: { code: 'NOT_PUBLISHED_YET', publication: '/v1/publications/p1' },
  })
})
