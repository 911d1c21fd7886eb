import { isDeepStrictEqual } from 'node:util'
import { Command } from 'commander'
import type { z } from 'zod'
import { statusSchema } from '../../shared/api/receipts.ts'
import { canonicalJson } from '../../shared/base/canonical.ts'
import {
  deliveredReceipt,
  deliveredReceiptSchema,
  type ProvenReceipt,
} from '../../shared/ingest/delivered-receipt.ts'
import type { Receipt } from '../../shared/ingest/receipt.ts'
import { type Shown, showRecords } from '../../shared/ingest/shown-records.ts'
import { evidenceSchema } from '../../shared/ledger/evidence.ts'
import { type ClientOptions, clientCommand, run, runClient } from '../command.ts'
import { CommandEnd, expectDone } from '../command-end.ts'
import { readBytes, writeNew } from '../file.ts'
import { findLocalFile, toldName } from '../local-file.ts'
import { describeOutcomes } from '../pushed.ts'
import { callSealed, type Session } from '../session.ts'
import { readTrust, type TrustOptions, vkeyOption } from '../trust.ts'
import { printVerified, verifyEvidences } from '../verified-evidence.ts'

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
          const { status, proven } = await readProven(session, { authority, id, as })
          if (options.out !== undefined) await writeNew(options.out, formatDelivered(proven))
          return options.json ? proven : describeShown(status, proven)
        },
        String,
      ),
    )
}

function describeShown({ receipt, records, next }: Status, { evidence }: ProvenReceipt): string {
  const outcomes = { ...receipt, records, ...(next !== undefined && { next }) }
  return [
    JSON.stringify(receipt, null, 2),
    `entry ${evidence.number}, leaf ${evidence.leaf}`,
    ...describeOutcomes(outcomes),
  ].join('\n')
}

type Asked = { readonly authority: string; readonly id: string; readonly as: string }
type Status = z.infer<typeof statusSchema>

async function readProven(
  session: Session,
  { authority, id, as }: Asked,
): Promise<{ readonly status: Status; readonly proven: ProvenReceipt }> {
  const path = `/v1/receipts/${encodeURIComponent(authority)}/${encodeURIComponent(id)}`
  const toMend = `${path}?outcome=refused&outcome=unresolved`
  const status = expectDone(await session.call({ method: 'GET', path: toMend, as }), statusSchema)
  const evidence = await callSealed(session, { method: 'GET', path: `${path}/evidence`, as })
  return { status, proven: { receipt: status.receipt, evidence: expectDone(evidence, evidenceSchema) } }
}

type VerifyOptions = TrustOptions & { readonly records?: string; readonly json?: boolean }

function formatDelivered(proven: ProvenReceipt): string {
  return `${JSON.stringify(deliveredReceipt(proven), null, 2)}\n`
}

/** How it was written: as it is kept, or as it was delivered. */
function formsOf(proven: ProvenReceipt): readonly string[] {
  return [formatDelivered(proven), canonicalJson(deliveredReceipt(proven))]
}

function verifyCommand(): Command {
  return new Command('verify')
    .description('Verify a kept receipt, with nothing but the key of the log')
    .argument('<file>', 'as it was delivered, or `receipt show --out` wrote it')
    .addOption(vkeyOption())
    .option(
      '--policy <file>',
      'logs and witnesses to believe, and how many are enough (c2sp.org/tlog-policy)',
    )
    .option('--records <file>', 'the file that was sent: hold its records against the receipt as well')
    .option('--json', 'one JSON document on stdout')
    .action((file: string, options: VerifyOptions) =>
      run(options, async () => {
        const bytes = await readBytes(file)
        const proven = parseProven(bytes)
        if (proven === undefined)
          throw new CommandEnd(
            1,
            'RECEIPT_MALFORMED',
            `${file} is neither a delivered receipt nor what \`receipt show --out\` writes`,
          )
        if (!isToldBy(proven))
          throw new CommandEnd(1, 'RECEIPT_DIFFERS', 'the entry tells of another receipt')
        const verified = verifyEvidences([proven.evidence], await readTrust(options))
        if (!formsOf(proven).some((form) => Buffer.compare(Buffer.from(form), bytes) === 0))
          throw new CommandEnd(1, 'RECEIPT_CHANGED', `${file} is not as it was written`)
        const { records } = options
        if (records === undefined) return printVerified(verified, options)
        await expectRecords(proven.receipt, records)
        const { accepted, unresolved } = proven.receipt
        const text = `${verified.text}\n${accepted + unresolved} records kept: those of ${toldName(records)}`
        await printVerified({ document: { ...verified.document, records: 'shown' }, text }, options)
      }),
    )
}

async function expectRecords(receipt: Receipt, file: string): Promise<void> {
  const shown = await showRecords(receipt, await findLocalFile(file))
  if (shown === 'shown') return
  const [code, reason] = notShown[shown]
  throw new CommandEnd(1, code, `${reason} (${file}; ${receipt.layout})`)
}

const notShown = {
  differ: ['RECORDS_DIFFER', 'as it is read here, the file does not come to the records of the receipt'],
  'not-shown': [
    'RECORDS_NOT_SHOWN',
    'the file may be what was sent, but another policy or release read it: tried are all and none of the codes that pass as resident IDs too, with and without individual businesses',
  ],
  'layout-changed': [
    'LAYOUT_CHANGED',
    'the receipt is by a version of the layout that is not the one here; verify it with the release of then',
  ],
  'no-root': ['RECORDS_NOT_SHOWN', 'the receipt has no records’ root to hold a file against'],
} as const satisfies Readonly<Record<Exclude<Shown, 'shown'>, readonly [string, string]>>

function parseProven(bytes: Uint8Array): ProvenReceipt | undefined {
  try {
    const { receipt, evidence } = deliveredReceiptSchema.parse(
      JSON.parse(Buffer.from(bytes).toString('utf8')),
    )
    return { receipt, evidence }
  } catch {
    // What it is not is all that matters
    return undefined
  }
}

/**
 * Whether the entry, if it is proven, tells of this receipt and nothing else: the same submission, content, time,
 * counts, parts and refusal. What an entry does not tell, nobody can prove: the size, the outcome of each record, and
 * how many there are of each.
 */
function isToldBy({ receipt, evidence }: ProvenReceipt): boolean {
  const { entryId, receivedAt, refusal, schemaVersion: _, sizeBytes: __, ...more } = receipt
  const { outcomes: ___, refusals: ____, ...rest } = more
  const told = { ...rest, ...(refusal && { refusal: refusal.code }) }
  const isOfEntry = evidence.id === entryId && evidence.at === receivedAt
  return isOfEntry && isDeepStrictEqual(evidence.opening?.payload, told)
}
