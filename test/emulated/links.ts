import { setTimeout as sleep } from 'node:timers/promises'
import { expect } from 'vitest'
import { openObjects } from '../../shared/aws/objects.ts'
import { areas } from '../../shared/ports.ts'
import type { Place } from '../journey/journey.ts'
import { s3As } from './resources.ts'

/** What a link to a file of the latest version opens, and what no change to it does. */
export async function linksHold(place: Place): Promise<void> {
  const path = '/v1/datasets/organisations/versions/latest/files'
  const { body } = await place.call({ method: 'GET', path, as: 'analyst' })
  const { files } = body as { files: { path: string; sha256: string; link: string }[] }
  const [first, second] = files.map(({ link }) => new URL(link))
  expect(await statusOf(first)).toBe(200)
  expect(first?.searchParams.get('X-Amz-Expires')).toBe('900')
  const longer = new URL(first ?? '')
  longer.searchParams.set('X-Amz-Expires', '86400')
  const unsigned = new URL(first ?? '')
  unsigned.search = ''
  const another = new URL(first ?? '')
  another.pathname = second?.pathname ?? ''
  for (const changed of [longer, unsigned, another]) expect(await statusOf(changed)).toBe(403)
  await linkEnds(first, files[0]?.path ?? '')
}

/** Nobody waits a quarter of an hour here: the same adapter's link to the same file, for a second. */
async function linkEnds(link: URL | undefined, path: string): Promise<void> {
  const [, bucket = ''] = link?.pathname.split('/') ?? []
  const names = Object.fromEntries(areas.map((area) => [area, bucket])) as Record<
    (typeof areas)[number],
    string
  >
  const short = await openObjects({ client: s3As(), names }).link({ area: 'datasets', path }, 1)
  const deadline = Date.now() + 60_000
  while ((await statusOf(new URL(short))) === 200) {
    expect(Date.now()).toBeLessThan(deadline)
    await sleep(200)
  }
  expect(await statusOf(new URL(short))).toBe(403)
}

async function statusOf(url: URL | undefined): Promise<number> {
  const response = await fetch(url ?? '')
  await response.arrayBuffer()
  return response.status
}
