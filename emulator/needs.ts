import { execFile } from 'node:child_process'
import { promisify } from 'node:util'

const run = promisify(execFile)

/** What the machine has to have beside Node.js, each with a command that shows whether it has. */
const needs = {
  'python3 with venv': ['python3', '-c', 'import venv, ensurepip'],
  openssl: ['openssl', 'version'],
  ps: ['ps', '-A', '-o', 'pid='],
} as const satisfies Record<string, readonly [string, ...string[]]>

/** What the emulator needs and this machine lacks. */
export async function findMissing(): Promise<readonly string[]> {
  const missing: string[] = []
  for (const [name, [program, ...args]] of Object.entries(needs)) {
    await run(program, args).catch(() => missing.push(name))
  }
  return missing
}
