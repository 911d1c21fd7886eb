#!/usr/bin/env node
import { readFileSync } from 'node:fs'
import { Command, CommanderError, Help } from 'commander'
import { endWithReader, print } from './command.ts'
import { authorityCommand } from './commands/authority.ts'
import { caseCommand } from './commands/case.ts'
import { collectCommand } from './commands/collect.ts'
import { datasetCommand } from './commands/dataset.ts'
import { identifyCommand } from './commands/identify.ts'
import { layoutCommand } from './commands/layout.ts'
import { ledgerCommand } from './commands/ledger.ts'
import { organisationCommand } from './commands/organisation.ts'
import { principalCommand } from './commands/principal.ts'
import { pushCommand } from './commands/push.ts'
import { quarantineCommand } from './commands/quarantine.ts'
import { receiptCommand } from './commands/receipt.ts'
import { replayCommand } from './commands/replay.ts'
import { serveCommand } from './commands/serve.ts'
import { tokenCommand } from './commands/token.ts'

const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'))

const program = new Command('credit-fusion')
  .description('Records of organisations: received, joined, published, disclosed')
  .version(version)
  // Else --version would be the program's wherever it stands, and `dataset files` has one of its own
  .enablePositionalOptions()
  .showHelpAfterError('(--help tells more)')
  .configureHelp({
    optionDescription(option) {
      const told = Help.prototype.optionDescription.call(this, option)
      return option.mandatory ? `${told} (required)` : told
    },
  })
  .addCommand(identifyCommand())
  .addCommand(pushCommand())
  .addCommand(collectCommand())
  .addCommand(layoutCommand())
  .addCommand(organisationCommand())
  .addCommand(datasetCommand())
  .addCommand(caseCommand())
  .addCommand(receiptCommand())
  .addCommand(quarantineCommand())
  .addCommand(ledgerCommand())
  .addCommand(replayCommand())
  .addCommand(principalCommand())
  .addCommand(authorityCommand())
  .addCommand(tokenCommand())
  .addCommand(serveCommand())

program.exitOverride()
inheritSettings(program)
endWithReader()
try {
  await program.parseAsync()
} catch (fault) {
  if (!(fault instanceof CommanderError)) throw fault
  await endUsage(fault)
}

// commander ends bad usage with 1; here that is 2, and help that was asked for is 0
async function endUsage({ exitCode, message }: CommanderError): Promise<void> {
  process.exitCode = exitCode === 0 ? 0 : 2
  if (exitCode === 0 || !process.argv.includes('--json')) return
  await print(JSON.stringify({ code: 'USAGE_INVALID', message: message.replace(/^error: /, '') }))
}

// commander does so only for commands it makes itself
function inheritSettings(command: Command): void {
  for (const each of command.commands) inheritSettings(each.copyInheritedSettings(command))
}
