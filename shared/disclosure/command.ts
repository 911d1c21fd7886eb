import { z } from 'zod'
import { sha256Schema } from '../base/digest.ts'
import { refusalGroundCodes } from './refusal.ts'
import { narrowingSchema } from './scope.ts'

const reason = z.string().trim().min(1).max(1_000)
const ground = z.enum(refusalGroundCodes)

/** The bodies of the commands on a case there is, as they come over the edge. */
export const commandBodies = {
  /** The scope's digest as the officer saw it: nobody approves what changed under their eyes. */
  approve: z.strictObject({ scopeSha256: sha256Schema }),
  narrow: z.strictObject({ scopeSha256: sha256Schema, narrowing: narrowingSchema, reason }),
  refuse: z.strictObject({ code: ground, reason }),
  release: z.strictObject({}),
  download: z.strictObject({}),
  withdraw: z.strictObject({}),
}

export type Command =
  | ({ readonly kind: 'approve' } & z.infer<typeof commandBodies.approve>)
  | ({ readonly kind: 'narrow' } & z.infer<typeof commandBodies.narrow>)
  | ({ readonly kind: 'refuse' } & z.infer<typeof commandBodies.refuse>)
  | { readonly kind: 'release' }
  | { readonly kind: 'download' }
  | { readonly kind: 'withdraw' }
