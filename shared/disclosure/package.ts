import { CompactEncrypt, compactDecrypt, compactVerify, importJWK, type JWK } from 'jose'
import { z } from 'zod'
import { canonicalJson } from '../base/canonical.ts'
import { digestOf, type Sha256, sha256, thumbprint } from '../base/digest.ts'
import { Failure } from '../base/failure.ts'
import type { ObjectKey, Objects, Signer } from '../ports.ts'
import type { DisclosureCase, PackageFacts } from './case.ts'
import type { OrganisationExtract } from './extract.ts'
import type { RecipientKey } from './recipient-key.ts'
import type { Refusal } from './refusal.ts'
import { windowSchema } from './scope.ts'

const uscc = z.string()
const organisationSchema = z.discriminatedUnion('outcome', [
  z.strictObject({ uscc, outcome: z.literal('disclosed'), fields: z.record(z.string(), z.json()) }),
  z.strictObject({ uscc, outcome: z.literal('not-held'), code: z.literal('RC-NOT-HELD') }),
  z.strictObject({ uscc, outcome: z.literal('withheld'), code: z.literal('SUBJECT_INDIVIDUAL_BUSINESS') }),
])

export const packageSchema = z.strictObject({
  caseId: z.string(),
  requestSha256: z.string(),
  scopeSha256: z.string(),
  legalBasis: z.string(),
  instrument: z.strictObject({ number: z.string(), sha256: z.string() }),
  asOf: z.strictObject({ ledgerSize: z.int(), validAt: z.string() }),
  window: windowSchema,
  organisations: z.array(organisationSchema),
  counts: z.strictObject({
    organisations: z.int(),
    disclosed: z.int(),
    notHeld: z.int(),
    withheld: z.int(),
    fields: z.int(),
  }),
  /** SHA-256 of each organisation's part in canonical JSON (RFC 8785), in the order of `organisations`. */
  manifest: z.array(z.strictObject({ uscc, sha256: z.string() })),
})
/** What the requester reads once the package is open. */
export type CasePackage = z.infer<typeof packageSchema>

type AsOf = Pick<PackageFacts, 'ledgerSize' | 'validAt'>

/** The package of a case's scope; parsed on its way out, so it holds nothing but what the schema names. */
export function composePackage(
  current: DisclosureCase,
  asOf: AsOf,
  organisations: readonly OrganisationExtract[],
): CasePackage {
  const { request, requestSha256 } = current.submitted
  const count = (outcome: OrganisationExtract['outcome']): number =>
    organisations.filter((each) => each.outcome === outcome).length
  return packageSchema.parse({
    caseId: current.id,
    requestSha256,
    scopeSha256: current.scopeSha256,
    legalBasis: request.legalBasis.code,
    instrument: { number: request.instrument.number, sha256: request.instrument.sha256 },
    asOf,
    window: current.scope.window,
    organisations,
    counts: {
      organisations: organisations.length,
      disclosed: count('disclosed'),
      notHeld: count('not-held'),
      withheld: count('withheld'),
      fields: current.scope.fields.length,
    },
    manifest: organisations.map((each) => ({ uscc: each.uscc, sha256: digestOf(each) })),
  })
}

/** Keeps a signature over a package from being one over anything else that this key signs. */
const PACKAGE_TYPE = 'credit-fusion-case+jws'

export type SealedPackage = { readonly body: Uint8Array; readonly facts: PackageFacts }

/** Signs (JWS compact, RFC 7515, EdDSA), then encrypts to the requester alone (JWE compact, RFC 7516). */
export async function sealPackage(
  content: CasePackage,
  to: { readonly recipientKey: RecipientKey; readonly signer: Signer; readonly asOf: AsOf },
): Promise<SealedPackage> {
  const signed = await signCompact(canonicalJson(packageSchema.parse(content)), to.signer)
  const kid = thumbprint(to.recipientKey)
  const encrypted = await new CompactEncrypt(Buffer.from(signed))
    .setProtectedHeader({ alg: 'ECDH-ES+A256KW', enc: 'A256GCM', kid, cty: PACKAGE_TYPE })
    .encrypt(await importJWK(to.recipientKey, 'ECDH-ES+A256KW'))
  const body = Buffer.from(encrypted)
  const facts = {
    ...to.asOf,
    packageSha256: sha256(signed),
    ciphertextSha256: sha256(body),
    sizeBytes: body.length,
    counts: content.counts,
  }
  return { body, facts }
}

// By hand: the signer may be a key service, and the library signs only with keys it holds
async function signCompact(payload: string, signer: Signer): Promise<string> {
  const header = canonicalJson({
    alg: 'EdDSA',
    kid: verifierThumbprint(signer.verifierKey),
    typ: PACKAGE_TYPE,
  })
  const input = `${encode(header)}.${encode(payload)}`
  return `${input}.${encode(await signer.sign(Buffer.from(input)))}`
}

/** The thumbprint (RFC 7638) of the service's public key as a JWK (RFC 8037). */
export function verifierThumbprint(verifierKey: Uint8Array): string {
  return thumbprint(verifierJwk(verifierKey))
}

/** The service's public key as a JWK (RFC 8037). */
export function verifierJwk(verifierKey: Uint8Array): { kty: string; crv: string; x: string } {
  return { kty: 'OKP', crv: 'Ed25519', x: encode(verifierKey) }
}

function encode(data: string | Uint8Array): string {
  return Buffer.from(data).toString('base64url')
}

export type OpenCode = 'NOT_FOR_THIS_KEY' | 'SIGNATURE_INVALID' | 'PACKAGE_MALFORMED'

/** Decrypts, then verifies: what the recipient does. `verifierKey` is had from the service by another way. */
export async function openPackage(
  jwe: string | Uint8Array,
  privateJwk: JWK,
  verifierKey: Uint8Array,
): Promise<{ readonly outcome: 'opened'; readonly package: CasePackage } | Refusal<OpenCode>> {
  const signed = await decrypt(jwe, privateJwk)
  if (signed === undefined) return unopened('NOT_FOR_THIS_KEY', 'This key does not open the package')
  const payload = await verify(signed, verifierKey)
  if (payload === undefined) return unopened('SIGNATURE_INVALID', 'The package is not signed by this service')
  const parsed = packageSchema.safeParse(JSON.parse(Buffer.from(payload).toString('utf8')))
  return parsed.success
    ? { outcome: 'opened', package: parsed.data }
    : unopened('PACKAGE_MALFORMED', 'The package is not of the form this version reads')
}

async function decrypt(jwe: string | Uint8Array, privateJwk: JWK): Promise<Uint8Array | undefined> {
  try {
    const key = await importJWK(privateJwk, 'ECDH-ES+A256KW')
    const options = { keyManagementAlgorithms: ['ECDH-ES+A256KW'], contentEncryptionAlgorithms: ['A256GCM'] }
    return (await compactDecrypt(jwe, key, options)).plaintext
  } catch {
    // Whether key or bytes are wrong cannot be told apart, and the library's words add nothing
    return undefined
  }
}

async function verify(signed: Uint8Array, verifierKey: Uint8Array): Promise<Uint8Array | undefined> {
  try {
    const key = await importJWK(verifierJwk(verifierKey), 'EdDSA')
    const { payload, protectedHeader } = await compactVerify(signed, key, { algorithms: ['EdDSA'] })
    const isOurs =
      protectedHeader.typ === PACKAGE_TYPE && protectedHeader.kid === verifierThumbprint(verifierKey)
    return isOurs ? payload : undefined
  } catch {
    // A signature that does not verify is an expected no
    return undefined
  }
}

function unopened(code: OpenCode, reason: string): Refusal<OpenCode> {
  return { outcome: 'refused', code, reason }
}

export function packageKey(id: string, ciphertextSha256: Sha256): ObjectKey {
  return { area: 'packages', path: `${id}/${ciphertextSha256}` }
}

/** Stores ciphertext alone. Named by content, so what is there already is the same. */
export async function putPackage(objects: Objects, id: string, sealed: SealedPackage): Promise<void> {
  await objects.put(packageKey(id, sealed.facts.ciphertextSha256), sealed.body, 'absent')
}

/** The bytes that were released. Throws `PACKAGE_MISSING` or `PACKAGE_CORRUPT`. */
export async function readPackage(objects: Objects, id: string, facts: PackageFacts): Promise<Uint8Array> {
  const found = await objects.find(packageKey(id, facts.ciphertextSha256))
  if (found === undefined) throw new Failure('PACKAGE_MISSING', { retryable: true, facts: { case: id } })
  if (sha256(found.body) !== facts.ciphertextSha256) {
    throw new Failure('PACKAGE_CORRUPT', { retryable: false, facts: { case: id } })
  }
  return found.body
}

/**
 * Removes the packages of a case other than the released one: left by a release that died, or lost a race, between
 * storing and committing. Only for a case that no further release can follow.
 */
export async function sweepPackages(
  objects: Objects,
  id: string,
  released: PackageFacts | undefined,
): Promise<void> {
  const kept = released === undefined ? undefined : packageKey(id, released.ciphertextSha256).path
  const orphans: ObjectKey[] = []
  for await (const key of objects.list({ area: 'packages', path: id })) {
    if (key.path !== kept) orphans.push(key)
  }
  for (const orphan of orphans) await objects.remove(orphan)
}
