import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe } from 'vitest'
import { findMissing } from '../../emulator/needs.ts'
import { type Emulator, startEmulator, stopEmulator } from '../../emulator/process.ts'
import { useEmulator } from '../../emulator/stack.ts'
import { TOOLS } from './prepare.ts'

const missing = await findMissing()
// In CI a machine that lacks something is a machine that proves nothing of the deployed system
if (missing.length > 0 && process.env['CI'] !== undefined) throw new Error(`${missing.join(', ')} is missing`)

/** What runs on the emulator; left out, and said so, where the machine lacks something. */
export const describeEmulated =
  missing.length === 0 ? describe : (describe.skip.bind(null) as unknown as typeof describe)
if (missing.length > 0) console.warn(`what runs on the AWS emulator is left out, for ${missing.join(', ')}`)

export type TestEmulator = Emulator & { readonly directory: string; close(): Promise<void> }

/** An emulator for this test file, to which every client of this process talks, as the account's root. */
export async function openEmulator(): Promise<TestEmulator> {
  const directory = await mkdtemp(join(tmpdir(), 'emulator-'))
  const emulator = await startEmulator({ tools: TOOLS, directory })
  useEmulator(emulator)
  const close = async (): Promise<void> => {
    await stopEmulator(directory)
    await rm(directory, { recursive: true, force: true })
  }
  return { ...emulator, directory, close }
}
