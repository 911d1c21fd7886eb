import { hash } from 'node:crypto'
import { canonicalJson, type Json } from '../base/canonical.ts'
import { Failure } from '../base/failure.ts'
import { formatBase64 } from './encoding.ts'
import { type Hash, isSameHash, parseHash } from './merkle.ts'

/**
 * Of a salt, random and fresh for each payload. It is kept apart from the log: once salt and payload are erased, what
 * the log holds tells nothing, and the log is still whole. Without salts one could try all the codes there are.
 */
export const SALT_BYTES = 32

/** What a leaf says of a payload: SHA-256("ledger/v1" ‖ 0x00 ‖ salt ‖ canonical JSON). Throws `SALT_LENGTH_WRONG`. */
export function commitmentOf(salt: Uint8Array, payload: Json): Hash {
  if (salt.length !== SALT_BYTES) throw new Failure('SALT_LENGTH_WRONG', { retryable: false })
  return hash('sha256', Buffer.concat([DOMAIN, salt, Buffer.from(canonicalJson(payload))]), 'buffer')
}

// Keeps a commitment from being the hash of anything else
const DOMAIN = Buffer.from('ledger/v1\0')

/**
 * The public leaf, an entry of the log: `{"c":"<base64 of the commitment>","v":1}`, canonical JSON (RFC 8785) of 58
 * bytes. No id, actor, kind or length: that something was disclosed must not show.
 */
export function formatLeaf(commitment: Hash): Uint8Array {
  // Base64 needs no escape, and a canonical form that is worked out takes twice as long
  return Buffer.from(`{"c":"${formatBase64(commitment)}","v":1}`)
}

/** The commitment in a leaf; undefined for bytes that `formatLeaf` does not write. */
export function parseLeaf(leaf: Uint8Array): Hash | undefined {
  const [, encoded = ''] = LEAF.exec(Buffer.from(leaf).toString('latin1')) ?? []
  return parseHash(encoded)
}

const LEAF = /^\{"c":"([A-Za-z0-9+/=]{44})","v":1\}$/

/** What is shown of one entry alone, to whom it may be shown. */
export type Opening = { readonly salt: Uint8Array; readonly payload: Json }

/** Whether a leaf commits to this payload with this salt. */
export function isCommittedTo(leaf: Uint8Array, opening: Opening): boolean {
  const [claimed, opened] = [parseLeaf(leaf), commitmentTo(opening)]
  return claimed !== undefined && opened !== undefined && isSameHash(claimed, opened)
}

function commitmentTo({ salt, payload }: Opening): Hash | undefined {
  try {
    return commitmentOf(salt, payload)
  } catch (fault) {
    // What comes from outside may have a salt of another length or no canonical form: no leaf commits to that
    if (fault instanceof Failure) return undefined
    throw fault
  }
}
