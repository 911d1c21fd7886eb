import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe } from 'vitest'
import { type Emulator, startEmulator, stopEmulator } from '../../emulator/process.ts'
import { hasPython } from '../../emulator/python.ts'
import { useEmulator } from '../../emulator/stack.ts'
import { TOOLS } from './prepare.ts'

const canEmulate = await hasPython()
// In CI a machine without Python is a machine that proves nothing of the deployed system
if (!canEmulate && process.env['CI'] !== undefined) throw new Error('python3 with venv is needed')

/** What runs on the emulator; left out, and said so, where there is no Python. */
export const describeEmulated = canEmulate
  ? describe
  : (describe.skip.bind(null) as unknown as typeof describe)
if (!canEmulate) console.warn('python3 with venv is missing: what runs on the AWS emulator is left out')

export type TestEmulator = Emulator & { readonly directory: string; close(): Promise<void> }

/** An emulator for this test file, to which every client of this process talks, as the account's root. */
export async function openEmulator(): Promise<TestEmulator> {
  const directory = await mkdtemp(join(tmpdir(), 'emulator-'))
  const emulator = await startEmulator({ tools: TOOLS, directory })
  useEmulator(emulator)
  const close = async (): Promise<void> => {
    await stopEmulator(emulator.pid)
    await rm(directory, { recursive: true, force: true })
  }
  return { ...emulator, directory, close }
}
