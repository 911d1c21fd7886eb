import type { Command } from 'commander'
import { withAdmission } from '../admission.ts'
import { chooseLayout } from '../collector/collect.ts'
import { openSender } from '../collector/signing-key.ts'
import { clientCommand, parseSeconds, run, runClient } from '../command.ts'
import { dryRun, LISTED_PLACES, printDryRun } from '../dry-run.ts'
import { LAYOUTS, parseLayout } from '../layout-option.ts'
import { ENDINGS, findLocalFile } from '../local-file.ts'
import { KEY_OPTION, type Pushing, pushFile } from '../push-file.ts'
import { describePushed, LISTED_RECORDS, outcomesToTell, TIMEOUT_SECONDS } from '../pushed.ts'

type PushOptions = Omit<Pushing, 'as' | 'mends'> & { readonly as?: string; readonly dryRun?: boolean }

const SIGN_IN = { may: 'submission:send', otherwise: 'the authority', makesHome: true } as const

export function pushCommand(): Command {
  const summary = "Send a file of records as an authority's, and wait until it is applied"
  return clientCommand('push', summary, SIGN_IN)
    .argument('<file>', `a file: ${ENDINGS}; each also as .gz`)
    .requiredOption('--authority <code>', 'the authority it comes from')
    .requiredOption('--layout <name>', `the layout it is in: ${LAYOUTS}`, parseLayout)
    .option('--submission <id>', 'names this content for good (default: from its SHA-256)')
    .option('--sent-at <instant>', 'when the authority sent it (default: now)')
    .option('--key <file>', KEY_OPTION)
    .option('--timeout <seconds>', 'how long to wait until it is applied', parseSeconds, TIMEOUT_SECONDS)
    .option('--dry-run', 'read the file here and say what would become of it; nothing is sent')
    .action((file: string, options: PushOptions) => {
      if (options.dryRun) return run(options, () => tryHere(file, options))
      const as = options.as ?? options.authority
      return runClient(
        { ...options, as },
        (session) => pushFile(session, file, { ...options, as }),
        describePushed,
      )
    })
}

async function tryHere(file: string, options: PushOptions): Promise<void> {
  const sender = await openSender(options)
  const sent = await findLocalFile(file)
  const layout = await chooseLayout(sent, options.layout)
  const limit = options.json ? LISTED_RECORDS : LISTED_PLACES
  const listing = { outcomes: outcomesToTell(options.json), limit }
  await withAdmission({ ...options, sender }, async (admissionOf) =>
    printDryRun(await dryRun(sent, layout, { ...listing, admissionOf }), options),
  )
}
