import { strFromU8, strToU8, unzipSync, zipSync } from 'fflate'
import { z } from 'zod'
import { type Evidence, evidenceSchema } from '../shared/ledger/evidence.ts'

const README = `evidence.json   the entries: what each says, and the salt with which its leaf commits to it
leaves/<n>      the public leaf of entry n, as the log has it
proofs/<n>      a tlog-proof (c2sp.org/tlog-proof@v1) of that leaf, with the checkpoint it leads to

With the log's verifier key, had by another way than this archive:
  npx credit-fusion ledger verify-export FILE --vkey KEY
Any verifier of tlog-proofs does as well: leaf and proof of each n belong together. A leaf is
{"c":"<commitment>","v":1}, and the commitment is SHA-256 over "ledger/v1", a zero byte, the 32 bytes
of the salt and the canonical JSON (RFC 8785) of {"at","id","kind","payload"}.
`

/** A zip with entries, leaves and proofs, each in a file that other tools read as well. */
export function packEvidence(list: readonly Evidence[]): Uint8Array {
  const files: Record<string, Uint8Array> = {
    'README.txt': strToU8(README),
    'evidence.json': strToU8(JSON.stringify(list, null, 2)),
  }
  for (const { number, leaf, proof } of list) {
    files[`leaves/${number}`] = strToU8(leaf)
    files[`proofs/${number}`] = strToU8(proof)
  }
  return zipSync(files, { level: 6 })
}

/** What `packEvidence` packed; undefined for anything else. */
export function unpackEvidence(archive: Uint8Array): readonly Evidence[] | undefined {
  try {
    const files = unzipSync(archive, {
      filter: ({ name, originalSize }) => name === LIST && originalSize < LIMIT,
    })
    return z.array(evidenceSchema).parse(JSON.parse(strFromU8(files[LIST] ?? new Uint8Array())))
  } catch {
    // Cut short, no zip, no JSON, of another shape: what it is not is all that matters
    return undefined
  }
}

const LIST = 'evidence.json'
/** The largest case has some thousand events of a few kilobytes. */
const LIMIT = 256 * 1024 * 1024
