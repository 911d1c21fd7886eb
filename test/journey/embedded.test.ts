import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, test } from 'vitest'
import { type HomeSession, openHomeSession } from '../../bin/home-session.ts'
import { push } from '../../bin/pushed.ts'
import {
  agenciesPush,
  analystReads,
  officersDisclose,
  type Place,
  publishOrder,
  readExample,
  stewardPublishes,
  strangersAreTurnedAway,
} from './journey.ts'

describe('the main job, in one process', () => {
  let directory: string
  let session: HomeSession
  let place: Place

  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'journey-'))
    session = await openHomeSession(directory)
    place = {
      call: session.call,
      push: async ({ authority, layout, name }) => {
        const file = { contentType: 'text/csv', bytes: await readExample(name) }
        return push(session, { authority, layout, submissionId: `journey-${layout}`, file })
      },
      publish: () => session.call(publishOrder),
      verifierKey: session.home.signer.verifierKey,
    }
  })

  afterAll(async () => {
    await session.close()
    await rm(directory, { recursive: true })
  })

  test('three agencies push, and get receipts that add up', () => agenciesPush(place))
  test('an analyst reads one organisation with the origin of each field', () => analystReads(place))
  test('a steward publishes a version that opens in DuckDB', () => stewardPublishes(place))
  test('two officers decide a case, and its package opens with one key, once', () => officersDisclose(place))
  test('whoever has no right is turned away', () => strangersAreTurnedAway(place))
})
