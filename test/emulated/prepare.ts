import { fileURLToPath } from 'node:url'
import { findMissing } from '../../emulator/needs.ts'
import { preparePython } from '../../emulator/python.ts'

/** Once for a run, before any file: two files that both need the emulator's programs would both make them. */
export async function setup(): Promise<void> {
  if ((await findMissing()).length === 0) await preparePython(TOOLS)
}

/** The emulator's programs, kept from run to run. */
export const TOOLS = fileURLToPath(new URL('../../.local/emulator', import.meta.url))
