/** Why a file of the public log is not believed. The reason is for people; no member quotes the file. */
export const refusalReasons = {
  // a verifier key
  VERIFIER_KEY_MALFORMED: 'The text is not name+id+key, as signed-note writes a verifier key.',
  VERIFIER_KEY_ID_WRONG: 'The id is not the one that the name and the key come to.',
  VERIFIER_KEY_TYPE_UNKNOWN:
    'Only Ed25519 (1), ECDSA P-256 (2) and Ed25519 cosignatures (4) are verified here.',
  // a signed note
  NOTE_TOO_LARGE: 'The note is larger than any that is read here.',
  NOTE_NOT_TEXT: 'The note is not UTF-8, or holds a control character other than newline.',
  NOTE_MALFORMED: 'No empty line parts the text from a block of signature lines that ends in a newline.',
  SIGNATURE_LINE_MALFORMED:
    'A signature line is not an em dash, a name and base64 of a key id and a signature.',
  SIGNATURES_TOO_MANY: 'The note has more signature lines than are read here.',
  SIGNATURE_INVALID: 'A signature by a known key does not verify.',
  SIGNER_UNKNOWN: 'No known key has signed.',
  // a checkpoint
  CHECKPOINT_MALFORMED: 'The text is not at least three non-empty lines.',
  SIZE_MALFORMED: 'The second line is not a tree size.',
  ROOT_MALFORMED: 'The third line is not the base64 of 32 bytes.',
  ROOT_NOT_OF_EMPTY_TREE: 'The size is zero and the root is not that of the empty tree.',
  ORIGIN_WRONG: 'The checkpoint is of another log.',
  LOG_SIGNATURE_MISSING: 'No key of the log has signed; what witnesses signed does not make it the log’s.',
  // a proof
  PROOF_MALFORMED: 'The file is not a c2sp.org/tlog-proof@v1.',
  PROOF_TOO_LARGE: 'The file is larger than any proof that is read here.',
  INCLUSION_NOT_PROVEN: 'The hashes do not lead from this entry at this index to the root of the checkpoint.',
  // evidence of an entry
  NUMBER_WRONG: 'The proof is of the entry with another number.',
  OPENING_WRONG: 'The leaf does not commit to what is said of the entry.',
} as const satisfies Record<string, string>

export type RefusalCode = keyof typeof refusalReasons

/** An expected no. */
export type Refusal<Code extends RefusalCode = RefusalCode> = {
  readonly outcome: 'refused'
  readonly code: Code
}

export function refuse<Code extends RefusalCode>(code: Code): Refusal<Code> {
  return { outcome: 'refused', code }
}
