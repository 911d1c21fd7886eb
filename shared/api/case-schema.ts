import { z } from '@hono/zod-openapi'
import { roles } from '../base/actor.ts'
import type { Step } from '../disclosure/case.ts'
import { legalBases } from '../disclosure/legal-basis.ts'
import { refusalGroundCodes } from '../disclosure/refusal.ts'
import { sentSchema } from '../disclosure/request-form.ts'
import { disclosedFieldNames, scopeSchema } from '../disclosure/scope.ts'
import { caseStates, commandKinds } from '../disclosure/states.ts'

const instant = z.string().openapi({ format: 'date-time' })
const digest = z.string().openapi({ description: 'SHA-256, 64 lower-case hexadecimal digits' })
const count = z.int().min(0)

const codes = legalBases.map(({ code, en }) => `${code} (${en})`).join('; ')
const { shape } = sentSchema

/** What an authority sends, with the rules that every deployment has. Described alone: the room that decides it reads it. */
export const caseRequestSchema = sentSchema
  .safeExtend({
    organisations: z.array(z.string()).min(1).openapi({
      description: 'Unified social credit codes, each once; 10 at most unless the deployment says otherwise',
    }),
    fields: z
      .array(z.enum(disclosedFieldNames as [string, ...string[]]))
      .min(1)
      .openapi({ description: 'What is wanted of each organisation' }),
    window: shape.window.describe(
      'The days on which dated facts were decided, both included; five years at most, none to come',
    ),
    legalBasis: z.strictObject({
      code: z.enum(legalBases.map(({ code }) => code)).openapi({ description: codes }),
    }),
    instrument: shape.instrument.describe(
      'The notice the request rests on: its number, the SHA-256 of its file, an office, its days',
    ),
    recipientKey: shape.recipientKey.describe(
      'The public half of the key that the package is sealed to (JWK, P-256 or X25519)',
    ),
    idempotencyKey: shape.idempotencyKey.describe(
      'The same key and content give the same case again; other content under it is refused',
    ),
  })
  .openapi('CaseRequest')

/** A case as it goes out. Closed: what has no name here leaves no API. */
export const caseSchema = z
  .strictObject({
    id: z.string(),
    state: z.enum(caseStates),
    authority: z.string(),
    submittedAt: instant,
    submittedBy: z.string(),
    legalBasis: z
      .strictObject({
        code: z.string(),
        zh: z.string(),
        en: z.string(),
        source: z.string(),
        gate: z.enum(['none', 'conflict-review']),
      })
      .optional(),
    instrument: z.strictObject({
      number: z.string(),
      sha256: digest,
      issuedBy: z.string(),
      issuedOn: z.string(),
      expiresOn: z.string(),
    }),
    purpose: z.string(),
    requestSha256: digest,
    scope: scopeSchema.describe('As narrowed'),
    scopeSha256: digest.openapi({ description: 'What an approval and a narrowing have to name' }),
    recipientKeyThumbprint: z.string().openapi({ description: 'RFC 7638, SHA-256, base64url' }),
    approvals: z.array(
      z.strictObject({
        officer: z.string().optional().openapi({ description: 'Not for the requesting authority' }),
        at: instant,
        endsAt: instant.openapi({ description: 'When it stops to count' }),
      }),
    ),
    refusal: z.strictObject({ code: z.enum(refusalGroundCodes), reason: z.string() }).optional(),
    package: z
      .strictObject({
        ledgerSize: count,
        validAt: instant,
        packageSha256: digest,
        ciphertextSha256: digest,
        sizeBytes: count,
        counts: z.strictObject({
          organisations: count,
          disclosed: count,
          notHeld: count,
          withheld: count,
          fields: count,
        }),
      })
      .optional(),
  })
  .openapi('Case')

export const submittedSchema = caseSchema
  .safeExtend({ repeated: z.boolean().openapi({ description: 'Whether the case was there already' }) })
  .openapi('SubmittedCase')

export const caseListSchema = z.strictObject({
  cases: z.array(caseSchema),
  next: z
    .string()
    .nullable()
    .openapi({ description: 'Goes into `after` for the next page; null at the end' }),
})

const stepKinds = [
  'submitted',
  'approved',
  'narrowed',
  'refused',
  'withdrawn',
  'released',
  'downloaded',
  'attempt-refused',
] as const satisfies readonly Step['kind'][]

export const timelineSchema = z
  .strictObject({
    caseId: z.string(),
    events: z.array(
      z.strictObject({
        number: z.int().min(1).openapi({ description: 'A gap is a step that this reader is not shown' }),
        at: instant,
        actor: z
          .string()
          .optional()
          .openapi({ description: 'Not of officers, for the requesting authority' }),
        role: z.enum(roles),
        action: z.enum(stepKinds),
        command: z.enum(commandKinds).optional().openapi({ description: 'What was attempted and refused' }),
        ground: z.strictObject({
          code: z
            .string()
            .openapi({ description: 'Legal basis, ground of a refusal, or what stood against it' }),
          source: z.string().optional(),
          reason: z.string().optional(),
        }),
        scopeSha256: digest,
        entryId: z.string().openapi({ description: 'Of the ledger entry that proves the row' }),
      }),
    ),
  })
  .openapi('Timeline')
