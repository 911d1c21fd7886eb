import { Argument, Command } from 'commander'
import { describeStandard, isKept, type Layout, refusalsOf } from '../../shared/ingest/layouts/layout.ts'
import { findLayout, layoutId, layouts } from '../../shared/ingest/layouts/registry.ts'
import { refusalReasons } from '../../shared/ingest/refusal.ts'
import { print } from '../command.ts'

/** `layout …`: what a file's columns may be; needs no home. */
export function layoutCommand(): Command {
  const list = new Command('list')
    .description('The layouts there are')
    .option('--json', 'one JSON document on stdout')
    .action(({ json }: { json?: boolean }) =>
      print(json ? JSON.stringify(layouts.map(headOf)) : layouts.map(describeHead).join('\n')),
    )
  const show = new Command('show')
    .description('The columns of a layout: code, headers, what becomes of their cells; why it refuses')
    .addArgument(
      new Argument('<name>', 'the layout').choices(layouts.flatMap((each) => [each.name, layoutId(each)])),
    )
    .option('--json', 'one JSON document on stdout')
    .action(async (name: string, { json }: { json?: boolean }) => {
      const layout = findLayout(name)
      if (layout === undefined) return
      await print(
        json
          ? JSON.stringify({ ...headOf(layout), columns: layout.columns, refusals: refusalsOf(layout) })
          : describeLayout(layout),
      )
    })
  return new Command('layout')
    .description('What the columns of a file may be')
    .addCommand(list)
    .addCommand(show)
}

function headOf(layout: Layout) {
  const { name, version, recordType, title } = layout
  return { name, version, recordType, title, standard: describeStandard(layout) }
}

function describeHead(layout: Layout): string {
  return `${layoutId(layout)}  ${layout.recordType}  ${layout.title.zh}  ${layout.title.en}`
}

function describeLayout(layout: Layout): string {
  const columns = layout.columns.map((column) => {
    const { code, headers, kind, required } = column
    const becomes = isKept(column) ? kind : `${kind}, never kept`
    return `  ${code}  ${headers[0] ?? ''}  ${becomes}${required ? ', required' : ''}`
  })
  const refusals = refusalsOf(layout).map((code) => `  ${code}  ${refusalReasons[code]}`)
  return [
    describeHead(layout),
    `  standard: ${describeStandard(layout)}`,
    ...columns,
    'refused as',
    ...refusals,
  ].join('\n')
}
