import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { expect, onTestFinished, test } from 'vitest'
import { endGroup, listGroup, runGroup, startGroup } from '../../emulator/process-group.ts'
import { temporaryDirectory } from '../temporary-directory.ts'
import { describeEmulated } from './emulator.ts'

const STARTER = fileURLToPath(new URL('starter.ts', import.meta.url))

describeEmulated('a process group', () => {
  test.each(['SIGKILL', 'SIGINT', 'SIGTERM'] as const)(
    'ends with whoever started it, be it by %s',
    async (signal) => {
      const { starter, leader } = await startBy('stays')
      await untilMembers(leader, 3)
      starter.kill(signal)
      await untilMembers(leader, 0)
    },
  )

  test('that was let go stays when its starter ends, until it is ended', async () => {
    const { starter, leader } = await startBy('let go')
    await once(starter, 'exit')
    await untilMembers(leader, 3)
    await endGroup(leader)
    expect(await listGroup(leader)).toEqual([])
  })

  test('is ended though a member of it heeds no kind word', async () => {
    const log = join(await temporaryDirectory(), 'log')
    const stubborn = "process.on('SIGTERM', () => {}); setInterval(() => {}, 1000); console.log('ready')"
    const { pid = 0 } = startGroup({ program: process.execPath, args: ['-e', stubborn], directory: '.', log })
    onTestFinished(() => endGroup(pid))
    while ((await readFile(log, 'utf8')) === '') await sleep(50)
    await endGroup(pid)
    expect(await listGroup(pid)).toEqual([])
  })

  test('that fails is told with the end of what it printed', async () => {
    const log = join(await temporaryDirectory(), 'log')
    const args = ['-e', "console.log('too bad'); process.exit(3)"]
    await expect(runGroup({ program: process.execPath, args, directory: '.', log })).rejects.toThrow(
      'too bad',
    )
    const absent = join(await temporaryDirectory(), 'no-such-program')
    await expect(runGroup({ program: absent, args: [], directory: '.', log })).rejects.toThrow('failed')
  })
})

/** Has another process start a group; the group is ended in any case when the test is. */
async function startBy(fate: 'stays' | 'let go') {
  const log = join(await temporaryDirectory(), 'log')
  const starter = spawn(process.execPath, [STARTER, log, fate], { stdio: ['ignore', 'pipe', 'inherit'] })
  const [said] = await once(starter.stdout, 'data')
  const leader = Number(String(said))
  onTestFinished(async () => {
    starter.kill('SIGKILL')
    await endGroup(leader)
  })
  return { starter, leader }
}

async function untilMembers(leader: number, count: number): Promise<void> {
  while ((await listGroup(leader)).length !== count) await sleep(50)
}
