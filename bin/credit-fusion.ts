#!/usr/bin/env node
import { Command, CommanderError } from 'commander'
import { caseCommand } from './commands/case.ts'
import { datasetCommand } from './commands/dataset.ts'
import { identifyCommand } from './commands/identify.ts'
import { ledgerCommand } from './commands/ledger.ts'
import { organisationCommand } from './commands/organisation.ts'
import { principalCommand } from './commands/principal.ts'
import { pushCommand } from './commands/push.ts'
import { receiptCommand } from './commands/receipt.ts'
import { serveCommand } from './commands/serve.ts'
import { tokenCommand } from './commands/token.ts'

const program = new Command('credit-fusion')
  .description('Records of organisations: received, joined, published, disclosed')
  .showHelpAfterError('(--help tells more)')
  .addCommand(identifyCommand())
  .addCommand(pushCommand())
  .addCommand(organisationCommand())
  .addCommand(datasetCommand())
  .addCommand(caseCommand())
  .addCommand(receiptCommand())
  .addCommand(ledgerCommand())
  .addCommand(principalCommand())
  .addCommand(tokenCommand())
  .addCommand(serveCommand())

program.exitOverride()
inheritSettings(program)
try {
  await program.parseAsync()
} catch (fault) {
  if (!(fault instanceof CommanderError)) throw fault
  // commander ends bad usage with 1; here that is 2, and help that was asked for is 0
  process.exitCode = fault.exitCode === 0 ? 0 : 2
}

// commander does so only for commands it makes itself
function inheritSettings(command: Command): void {
  for (const each of command.commands) inheritSettings(each.copyInheritedSettings(command))
}
