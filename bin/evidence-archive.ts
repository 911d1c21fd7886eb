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
  return pack(list, { readme: strToU8(README), json: strToU8(JSON.stringify(list, null, 2)) })
}

// Stored and of no date, so that what is in it comes to the same bytes whenever and by whichever release it is packed
function pack(
  list: readonly Evidence[],
  texts: { readonly readme: Uint8Array; readonly json: Uint8Array },
): Uint8Array {
  const files: Record<string, Uint8Array> = { [README_NAME]: texts.readme, [LIST]: texts.json }
  for (const { number, leaf, proof } of list) {
    files[`leaves/${number}`] = strToU8(leaf)
    files[`proofs/${number}`] = strToU8(proof)
  }
  return zipSync(files, { level: 0, mtime: new Date(1980, 0, 1) })
}

export type UnpackedEvidence = {
  readonly list: readonly Evidence[]
  /** The first byte that is not as it was packed, though the list may hold all the same. */
  readonly changedAt: number | undefined
}

/** What `packEvidence` packed; undefined for anything else. */
export function unpackEvidence(archive: Uint8Array): UnpackedEvidence | undefined {
  try {
    const wanted = [LIST, README_NAME]
    const files = unzipSync(archive, {
      filter: ({ name, originalSize }) => wanted.includes(name) && originalSize < LIMIT,
    })
    const { [LIST]: json = NOTHING, [README_NAME]: readme = NOTHING } = files
    const list = z.array(evidenceSchema).parse(JSON.parse(strFromU8(json)))
    return { list, changedAt: firstDifference(pack(list, { readme, json }), archive) }
  } catch {
    // Cut short, no zip, no JSON, of another shape: what it is not is all that matters
    return undefined
  }
}

function firstDifference(packed: Uint8Array, archive: Uint8Array): number | undefined {
  const at = packed.findIndex((byte, place) => byte !== archive[place])
  if (at >= 0) return at
  return packed.length === archive.length ? undefined : packed.length
}

const NOTHING = new Uint8Array()
const README_NAME = 'README.txt'
const LIST = 'evidence.json'
/** The largest case has some thousand events of a few kilobytes. */
const LIMIT = 256 * 1024 * 1024
