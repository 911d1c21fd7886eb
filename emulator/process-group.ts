import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, openSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

const run = promisify(execFile)

const TIE = fileURLToPath(new URL('tie.ts', import.meta.url))

export type Command = {
  readonly program: string
  readonly args: readonly string[]
  readonly directory: string
  readonly environment?: Readonly<Record<string, string>>
  /** Where what it prints is added to. */
  readonly log: string
}

/**
 * Starts a program as a process group of its own, which ends with this process however that ends. A byte on its
 * standard input lets it go.
 */
export function startGroup({ program, args, directory, environment, log }: Command): ChildProcess {
  const output = openSync(log, 'a')
  const child = spawn(process.execPath, [TIE, directory, program, ...args], {
    env: { ...process.env, ...environment },
    detached: true,
    stdio: ['pipe', output, output],
  })
  closeSync(output)
  return child
}

/** Runs a program to its end, tied like any other; throws with the end of what it printed. */
export async function runGroup(command: Command): Promise<void> {
  const [code] = await once(startGroup(command), 'exit')
  if (code === 0) return
  const { program, args, log } = command
  const printed = await readFile(log, 'utf8')
  throw new Error(`${[program, ...args.slice(0, 2)].join(' ')} failed; see ${log}\n${printed.slice(-2_000)}`)
}

export type Member = { readonly pid: number; readonly command: string }

/** The processes of a group that live. One that has died and waits to be reaped is none of them. */
export async function listGroup(leader: number): Promise<readonly Member[]> {
  const columns = ['pid', 'pgid', 'stat', 'args'].flatMap((column) => ['-o', `${column}=`])
  const { stdout } = await run('ps', ['-A', '-ww', ...columns], { maxBuffer: LIST_LIMIT_BYTES })
  return stdout.split('\n').flatMap((line) => {
    const [, pid, group, state, command = ''] = /^\s*(\d+)\s+(\d+)\s+(\S+)\s+(.*)$/.exec(line) ?? []
    return Number(group) === leader && !state?.startsWith('Z') ? [{ pid: Number(pid), command }] : []
  })
}

const LIST_LIMIT_BYTES = 64 * 1024 * 1024

const KIND_MS = 5_000
const FORCED_MS = 30_000

/** Ends a process group, kindly first: a stuck custom resource keeps the emulator from ending by itself. */
export async function endGroup(leader: number): Promise<void> {
  if (await ends(leader, 'SIGTERM', KIND_MS)) return
  if (await ends(leader, 'SIGKILL', FORCED_MS)) return
  throw new Error(`the process group ${leader} does not end`)
}

async function ends(leader: number, signal: NodeJS.Signals, withinMs: number): Promise<boolean> {
  const deadline = performance.now() + withinMs
  do {
    if ((await listGroup(leader)).length === 0) return true
    signalGroup(leader, signal)
    await sleep(100)
  } while (performance.now() < deadline)
  return false
}

function signalGroup(leader: number, signal: NodeJS.Signals): void {
  try {
    process.kill(-leader, signal)
  } catch {
    // ESRCH: it has ended since it was listed
  }
}
