import { mkdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { readContents } from './contents.ts'
import { type Ended, makeDirectory, start } from './run.ts'

vi.setConfig({ testTimeout: 180_000, hookTimeout: 120_000 })

let directory: Awaited<ReturnType<typeof makeDirectory>>
let first: Ended
const inDirectory = (name: string) => join(directory.path, name)

beforeAll(async () => {
  directory = await makeDirectory()
  await mkdir(inDirectory('tmp'))
  first = await begin('whole').ended
})
afterAll(() => directory.remove())

const begin = (home: string) => start('start.ts', ['--once', '--home', inDirectory(home)], inDirectory('tmp'))

async function readVersion(home: string): Promise<unknown> {
  const { version, manifestSha256, rows } = JSON.parse(
    await readFile(join(inDirectory(home), 'objects/datasets/organisations/latest.json'), 'utf8'),
  )
  return { version, manifestSha256, rows }
}

// What is read is told of each time; what was done is done once
function doneIn(home: string): readonly string[] {
  return readContents(inDirectory(home)).entries.filter((id) => !id.startsWith('access:'))
}

test.concurrent('a second start repeats nothing', async () => {
  expect(first).toMatchObject({ code: 0 })
  for (const step of [1, 2, 3, 4, 5, 6]) expect(first.stdout).toContain(`[${step}/6]`)
  expect(first.stdout).toContain("the package, opened with the requester's private key")
  const [entries, version] = [doneIn('whole'), await readVersion('whole')]
  expect(version).toMatchObject({ version: 1, rows: 240 })

  const second = await begin('whole').ended
  expect(second).toMatchObject({ code: 0 })
  expect(second.stdout).toContain('organisations version 1 (unchanged)')
  expect(doneIn('whole')).toEqual(entries)
  expect(await readVersion('whole')).toEqual(version)
})

test.concurrent('a start that is killed at any point is gone on with by the next', async () => {
  const home = inDirectory('killed')
  // From the start of the process on, and then in the case, of whose steps each may be the last
  const kills = [/^/, /^/, /\[1\/6\]/, /\[3\/6\]/, /\[5\/6\]/, ...Array.from({ length: 5 }, () => /\[6\/6\]/)]
  for (const [at, point] of kills.entries()) {
    const running = begin('killed')
    await running.said(point)
    // Spread over the 400 ms that a process takes to get at the home, and the 30 ms of a case
    await sleep(at < 2 ? 200 * (at + 1) : (at * 7) % 30)
    running.signal('SIGKILL')
    await running.ended
  }
  const ended = await begin('killed').ended
  expect(ended).toMatchObject({ code: 0 })
  expect(await readVersion('killed')).toMatchObject({ version: 1, rows: 240 })
  const { entries, sightings } = readContents(home)
  const whole = readContents(inDirectory('whole'))
  const ofNoCase = (id: string) => !/^(case|access):/.test(id)
  expect(entries.filter(ofNoCase)).toEqual(whole.entries.filter(ofNoCase))
  expect(sightings.toSorted()).toEqual(whole.sightings.toSorted())
  const timeline = ended.stdout.split('\n').flatMap((line) => /\) {2}([a-z-]+) {2}/.exec(line)?.[1] ?? [])
  expect(timeline.filter((action) => action !== 'attempt-refused')).toEqual([
    ...['submitted', 'approved', 'approved', 'released', 'downloaded'],
  ])
})
