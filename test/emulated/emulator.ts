import { describe } from 'vitest'
import { findMissing } from '../../emulator/needs.ts'

const missing = await findMissing()
// In CI a machine that lacks something is a machine that proves nothing of the deployed system
if (missing.length > 0 && process.env['CI'] !== undefined) throw new Error(`${missing.join(', ')} is missing`)

/** What runs on the emulator; left out, and said so, where the machine lacks something. */
export const describeEmulated =
  missing.length === 0 ? describe : (describe.skip.bind(null) as unknown as typeof describe)
if (missing.length > 0) console.warn(`what runs on the AWS emulator is left out, for ${missing.join(', ')}`)
