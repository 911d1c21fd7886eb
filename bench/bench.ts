#!/usr/bin/env node
import { Command, Option } from 'commander'
import { benchBundles } from './bundles.ts'
import { benchCosts } from './costs.ts'
import { fuzz } from './fuzz.ts'
import { benchIngest, ingestInputs } from './ingest.ts'
import { benchLedger } from './ledger.ts'
import { benchPublish } from './publish.ts'

const report = (line: string) => void process.stderr.write(`${line}\n`)
const show = (result: object) => void process.stdout.write(`${JSON.stringify(result, null, 2)}\n`)

await new Command('bench')
  .addCommand(
    new Command('ingest')
      .option('--rows <number>', 'rows of each run', Number, 200_000)
      .option('--held <number>', 'records in the home that is not empty', Number, 2_000_000)
      .option('--rounds <number>', 'runs of which the median is taken', Number, 5)
      .option('--senders <number>', 'submissions under way at once', Number, 2)
      .addOption(
        new Option('--inputs <name...>', 'what is sent; mixed is every layout in every format')
          .choices(ingestInputs)
          .default(ingestInputs),
      )
      .action(async ({ held, ...options }) =>
        show(await benchIngest({ ...options, heldRecords: held, report })),
      ),
  )
  .addCommand(
    new Command('fuzz')
      .option('--submissions <number>', 'files that are sent', Number, 100_000)
      .option('--seed <number>', 'brings the same files again', Number, Date.now() % 1_000_000)
      .action(async (options) => show(await fuzz({ ...options, report }))),
  )
  .addCommand(
    new Command('publish')
      .option('--organisations <number>', 'rows of the dataset', Number, 100_000)
      .option('--rounds <number>', 'runs of which the median is taken', Number, 3)
      .action(async (options) => show(await benchPublish({ ...options, report }))),
  )
  .addCommand(
    new Command('ledger')
      .option('--entries <number>', 'entries of each run', Number, 50_000)
      .option('--rounds <number>', 'runs of which the median is taken', Number, 3)
      .action(async (options) => show(await benchLedger({ ...options, report }))),
  )
  .addCommand(
    new Command('bundles')
      .option('--tries <number>', 'imports of which the fastest counts', Number, 15)
      .action(async (options) => show(await benchBundles(options))),
  )
  .addCommand(new Command('costs').action(async () => show(await benchCosts(report))))
  .parseAsync()
