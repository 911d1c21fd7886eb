import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** How a process ended; `code` is null when a signal ended it. */
export type Ended = { readonly code: number | null; readonly stdout: string; readonly stderr: string }

export type Running = {
  readonly ended: Promise<Ended>
  /** The first match in what it has printed, on either stream; throws when it ends without one. */
  said(pattern: RegExp): Promise<RegExpExecArray>
  signal(signal: 'SIGINT' | 'SIGKILL' | 'SIGTERM'): void
}

// Every process compiles the same modules, which is half of the time it takes to start
const COMPILED = join(tmpdir(), 'credit-fusion-compiled')

// A test that times out leaves its processes behind
const alive = new Set<ChildProcess>()
process.once('exit', () => {
  for (const child of alive) child.kill('SIGKILL')
})

const bin = (name: string) => fileURLToPath(new URL(`../../bin/${name}`, import.meta.url))

/** Starts a process; what it leaves in the system's temporary directory when it is killed goes to `temporary`. */
export function start(
  script: 'credit-fusion.ts' | 'start.ts',
  args: readonly string[],
  temporary = tmpdir(),
): Running {
  const env = { ...process.env, NODE_COMPILE_CACHE: COMPILED, TMPDIR: temporary }
  const child = spawn(process.execPath, [bin(script), ...args], { env, stdio: ['ignore', 'pipe', 'pipe'] })
  alive.add(child)
  child.once('close', () => alive.delete(child))
  const printed = { stdout: '', stderr: '' }
  for (const name of ['stdout', 'stderr'] as const) {
    child[name].setEncoding('utf8').on('data', (text: string) => {
      printed[name] += text
    })
  }
  const closed = once(child, 'close')
  return {
    ended: closed.then(() => ({ code: child.exitCode, ...printed })),
    said: (pattern) =>
      waitForMatch(child, () => pattern.exec(printed.stdout) ?? pattern.exec(printed.stderr)),
    signal: (signal) => child.kill(signal),
  }
}

/** Runs the command line to its end. */
export function run(...args: readonly string[]): Promise<Ended> {
  return start('credit-fusion.ts', args).ended
}

async function waitForMatch(child: ChildProcess, match: () => RegExpExecArray | null) {
  for (;;) {
    // Looked at before the match: what came just before the end still counts
    const isOver = !alive.has(child)
    const found = match()
    if (found !== null) return found
    if (isOver) throw new Error('it ended without saying so')
    await new Promise((done) => setTimeout(done, 5))
  }
}

/** The one JSON document on stdout; throws when there is none or more than one line. */
export function document(ended: Pick<Ended, 'stdout'>): Record<string, unknown> {
  const [line = '', ...more] = ended.stdout.split('\n')
  if (more.join('') !== '') throw new Error(`more than one line: ${ended.stdout}`)
  return JSON.parse(line)
}

export function example(name: string): string {
  return fileURLToPath(new URL(`../../examples/${name}`, import.meta.url))
}

/** A directory for a home; whoever made it removes it. */
export async function makeDirectory(): Promise<{ readonly path: string; remove(): Promise<void> }> {
  const path = await mkdtemp(join(tmpdir(), 'credit-fusion-cli-'))
  return { path, remove: () => rm(path, { recursive: true, force: true, maxRetries: 3 }) }
}
