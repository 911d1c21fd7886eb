import {
  type Checkpoint,
  openCheckpoint,
  parseCheckpoint,
  type Trust,
} from '../../shared/ledger/checkpoint.ts'
import { verifyConsistency } from '../../shared/ledger/consistency.ts'
import { cosign } from '../../shared/ledger/cosignature.ts'
import { parseDecimal } from '../../shared/ledger/encoding.ts'
import { emptyRoot, parseHash } from '../../shared/ledger/merkle.ts'
import { parseNote } from '../../shared/ledger/note.ts'
import { formatSignature } from '../../shared/ledger/signature.ts'
import { verifierKey } from '../../shared/ledger/verifier-key.ts'
import type { Post, Witness } from '../../shared/ledger/witness.ts'
import { signerOf } from './keys.ts'

type Answer = Awaited<ReturnType<Post>>

/** A witness, in this process. */
export type WitnessDouble = {
  readonly witness: Witness
  readonly post: Post
  /** The old sizes it was asked with, in order. */
  readonly asked: readonly number[]
  /** What it cosigned last of the log. */
  seen: Pick<Checkpoint, 'size' | 'root'>
}

export const TIME_SECONDS = 1_790_000_000

/** One that does what tlog-witness, "add-checkpoint", says, in its order. It knows one log. */
export function openWitness(name: string, trust: Trust): WitnessDouble {
  const signer = signerOf(name)
  const asked: number[] = []
  const double: WitnessDouble = {
    witness: { key: verifierKey(name, 'cosignature', signer.verifierKey), url: `https://${name}/submit/` },
    asked,
    seen: { size: 0, root: emptyRoot },
    post: async (url, body) => {
      if (url !== `https://${name}/submit/add-checkpoint`) throw new Error('posted to nowhere')
      const request = parseRequest(body)
      if (request === undefined) return status(400)
      asked.push(request.old)
      const checked = check(request, trust, double.seen)
      if ('status' in checked) return checked
      double.seen = checked
      const text = textOf(request.checkpoint)
      return {
        status: 200,
        body: `${formatSignature(await cosign(text, { name, signer, timeSeconds: TIME_SECONDS }))}\n`,
      }
    },
  }
  return double
}

type Request = { readonly old: number; readonly path: readonly Uint8Array[]; readonly checkpoint: Uint8Array }

function parseRequest(body: string): Request | undefined {
  const end = body.indexOf('\n\n')
  const [oldLine = '', ...lines] = body.slice(0, end).split('\n')
  const old = oldLine.startsWith('old ') ? parseDecimal(oldLine.slice(4)) : undefined
  const path = lines.map(parseHash).filter((each) => each !== undefined)
  if (end < 0 || old === undefined || path.length < lines.length || path.length > 63) return undefined
  return { old, path, checkpoint: Buffer.from(body.slice(end + 2)) }
}

function check(
  { old, path, checkpoint }: Request,
  trust: Trust,
  seen: WitnessDouble['seen'],
): Answer | WitnessDouble['seen'] {
  const read = parseCheckpoint(textOf(checkpoint))
  if (read.outcome === 'refused') return status(400)
  if (read.checkpoint.origin !== trust.origin) return status(404)
  if (openCheckpoint(checkpoint, trust).outcome === 'refused') return status(403)
  const { size, root } = read.checkpoint
  if (old > size) return status(400)
  if (old !== seen.size) return { status: 409, body: `${seen.size}\n` }
  if (old === size && Buffer.compare(root, seen.root) !== 0) return status(409)
  const holds = verifyConsistency({ first: old, second: size, firstRoot: seen.root, secondRoot: root, path })
  return holds ? { size, root } : status(422)
}

function textOf(checkpoint: Uint8Array): string {
  const note = parseNote(checkpoint)
  return note.outcome === 'parsed' ? note.note.text : ''
}

function status(code: number): Answer {
  return { status: code, body: '' }
}
