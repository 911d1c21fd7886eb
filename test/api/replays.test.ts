import { afterAll, beforeAll, expect, test } from 'vitest'
import { stagesOf } from '../../bin/home-session.ts'
import { createApi } from '../../shared/api/app.ts'
import { findLedgerSize } from '../../shared/ledger/sealed.ts'
import { openTokenVerifier } from '../../shared/principals/token.ts'
import {
  type ApiHome,
  answerOf,
  HELD_SUBMISSION,
  openApiHome,
  principalOf,
  requestOf,
  submission,
} from './home.ts'

let opened: ApiHome
beforeAll(async () => {
  opened = await openApiHome()
  for (const id of [HELD_SUBMISSION, 'held-2']) {
    await opened.send(submission(principalOf.agency, id))
    await opened.work()
  }
})
afterAll(() => opened.close())

/** Asks an API that gives a call so much time to read rows again. */
async function replay(replayLimitMs: number, json: object) {
  const { home } = opened
  const verifyToken = openTokenVerifier(home.issuer.trusted)
  const api = createApi({ world: home, verifyToken, stages: stagesOf(home), replayLimitMs })
  const sent = { method: 'POST', path: '/v1/ledger/replays', json: { from: 0, ...json } }
  return answerOf(await api.request(requestOf(sent, await home.issuer.issue(principalOf.operator))))
}

test('a submission that one call has no time to read again is refused, by its entry and with where to go on', async () => {
  const { body: first } = await replay(Number.POSITIVE_INFINITY, {})
  const size = await findLedgerSize(opened.home.store)
  const second = Number(first['next'])
  const refused = { status: 422, body: { code: 'SUBMISSION_TOO_LARGE' } }
  for (const dryRun of [true, false]) {
    const answer = await replay(0, { dryRun })
    expect(answer).toMatchObject(refused)
    expect(answer.body['detail']).toBe(`The submission of entry ${second - 1}; go on from ${second}.`)
    const last = await replay(0, { dryRun, from: second })
    expect(last).toMatchObject(refused)
    expect(last.body['detail']).toBe(`The submission of entry ${second}; it is the last of the range.`)
  }
  await opened.work()
  expect(await findLedgerSize(opened.home.store)).toBe(size)
})

test('one that it has time for is read again as ever', async () => {
  expect(await replay(60_000, {})).toMatchObject({
    status: 200,
    body: { outcome: 'compared', report: { submissionId: HELD_SUBMISSION, unchanged: 1 } },
  })
})
