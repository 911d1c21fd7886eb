import { writeFile } from 'node:fs/promises'
import { isDeepStrictEqual } from 'node:util'
import { Command } from 'commander'
import { z } from 'zod'
import { digestOf } from '../../shared/base/digest.ts'
import { receiptSchema } from '../../shared/ingest/receipt.ts'
import { evidenceSchema } from '../../shared/ledger/evidence.ts'
import { type ClientOptions, clientCommand, run, runClient } from '../command.ts'
import { CommandEnd, expectDone } from '../outcome.ts'
import { callSealed, type Session } from '../session.ts'
import { readTrust, type TrustOptions, vkeyOption } from '../trust.ts'
import { printVerified, readBytes, verifyEvidences } from './ledger.ts'

/** A receipt with what proves it: all that an authority needs to keep. */
const provenSchema = z.strictObject({ receipt: receiptSchema, evidence: evidenceSchema })
type Proven = z.infer<typeof provenSchema>

/** As it is kept, with the digest of both: of what no entry tells, that alone shows whether it was damaged since. */
const keptSchema = provenSchema.extend({ sha256: z.string() })

export function receiptCommand(): Command {
  return new Command('receipt')
    .description('Read a receipt, and prove it to others')
    .addCommand(showCommand())
    .addCommand(verifyCommand())
}

type ShowOptions = Omit<ClientOptions, 'as'> & { readonly as?: string; readonly out?: string }

function showCommand(): Command {
  return clientCommand('show', 'A receipt with the entry that proves it', {
    may: 'receipt:read',
    otherwise: 'the authority',
  })
    .argument('<authority>')
    .argument('<submission>')
    .option('--out <file>', 'keep both in a file, which `receipt verify` reads')
    .action((authority: string, id: string, { as = authority, ...options }: ShowOptions) =>
      runClient(
        { ...options, as },
        async (session) => {
          const proven = await readProven(session, { authority, id, as })
          if (options.out !== undefined) await keep(options.out, proven)
          return proven
        },
        ({ receipt, evidence }) =>
          [JSON.stringify(receipt, null, 2), `entry ${evidence.number}, leaf ${evidence.leaf}`].join('\n'),
      ),
    )
}

type Asked = { readonly authority: string; readonly id: string; readonly as: string }

async function readProven(session: Session, { authority, id, as }: Asked): Promise<Proven> {
  const path = `/v1/receipts/${encodeURIComponent(authority)}/${encodeURIComponent(id)}`
  const { receipt } = expectDone(await session.call({ method: 'GET', path, as }))
  const evidence = expectDone(await callSealed(session, { method: 'GET', path: `${path}/evidence`, as }))
  return provenSchema.parse({ receipt, evidence })
}

async function keep(file: string, proven: Proven): Promise<void> {
  await writeFile(file, formatKept(proven), { flag: 'wx', mode: 0o600 }).catch(() => {
    throw new CommandEnd(2, 'FILE_UNWRITABLE', `${file} exists, or cannot be made`)
  })
}

function formatKept(proven: Proven): string {
  const sha256 = digestOf(JSON.parse(JSON.stringify(proven)))
  return `${JSON.stringify({ ...proven, sha256 }, null, 2)}\n`
}

function verifyCommand(): Command {
  return new Command('verify')
    .description('Verify a kept receipt, with nothing but the key of the log')
    .argument('<file>', 'as `receipt show --out` wrote it')
    .addOption(vkeyOption())
    .option(
      '--policy <file>',
      'logs and witnesses to believe, and how many are enough (c2sp.org/tlog-policy)',
    )
    .option('--json', 'one JSON document on stdout')
    .action((file: string, options: TrustOptions & { json?: boolean }) =>
      run(options, async () => {
        const bytes = await readBytes(file)
        const proven = parseProven(bytes)
        if (proven === undefined)
          throw new CommandEnd(1, 'RECEIPT_MALFORMED', `${file} is not what \`receipt show --out\` writes`)
        if (!isToldBy(proven))
          throw new CommandEnd(1, 'RECEIPT_DIFFERS', 'the entry tells of another receipt')
        const verified = verifyEvidences([proven.evidence], await readTrust(options))
        if (Buffer.compare(Buffer.from(formatKept(proven)), bytes) !== 0)
          throw new CommandEnd(1, 'RECEIPT_CHANGED', `${file} is not as it was written`)
        await printVerified(verified, options.json === true)
      }),
    )
}

function parseProven(bytes: Uint8Array): Proven | undefined {
  try {
    const { receipt, evidence } = keptSchema.parse(JSON.parse(Buffer.from(bytes).toString('utf8')))
    return { receipt, evidence }
  } catch {
    // What it is not is all that matters
    return undefined
  }
}

/**
 * Whether the entry, if it is proven, tells of this receipt and nothing else: the same submission, content, time,
 * counts, parts and refusal. What an entry does not tell, nobody can prove: the size, and the outcome of each record.
 */
function isToldBy({ receipt, evidence }: Proven): boolean {
  const { entryId, receivedAt, refusal, schemaVersion: _, sizeBytes: __, outcomes: ___, ...rest } = receipt
  const told = { ...rest, ...(refusal && { refusal: refusal.code }) }
  const isOfEntry = evidence.id === entryId && evidence.at === receivedAt
  return isOfEntry && isDeepStrictEqual(evidence.opening?.payload, told)
}
