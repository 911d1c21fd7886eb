import { readFileSync } from 'node:fs'

/** An administrative division's code as GB/T 2260 has it, or once had it. */
export type Division = {
  readonly code: string
  /** From the province down: 浙江省 宁波市 海曙区. */
  readonly name: string
  readonly status: 'in-use' | 'retired'
  readonly from: number
  readonly to?: number
  readonly successors: readonly string[]
}

let divisions: ReadonlyMap<string, Division> | undefined

/**
 * The division of a code, retired ones included: a USCC keeps the division of the year it was issued in.
 * The latest use of a code that was given twice. 100000 stands for the national registering authority.
 */
export function findDivision(code: string): Division | undefined {
  divisions ??= loadDivisions()
  return divisions.get(code)
}

const NATIONAL: Division = { code: '100000', name: '国家', status: 'in-use', from: 1981, successors: [] }

function loadDivisions(): ReadonlyMap<string, Division> {
  const [, ...lines] = readFileSync(new URL('divisions.csv', import.meta.url), 'utf8')
    .trimEnd()
    .split(/\r?\n/)
  const loaded = new Map([[NATIONAL.code, NATIONAL]])
  for (const line of lines) {
    const [
      code = '',
      province = '',
      prefecture = '',
      name = '',
      ,
      status = '',
      from = '',
      to = '',
      successors = '',
    ] = line.split(',')
    const rival = loaded.get(code)
    if (rival !== undefined && rival.from > Number(from)) continue
    loaded.set(code, {
      code,
      name: [...new Set([province, prefecture, name].filter((part) => part !== '' && part !== '直辖'))].join(
        ' ',
      ),
      status: status === '在用' ? 'in-use' : 'retired',
      from: Number(from),
      ...(to === '' ? {} : { to: Number(to) }),
      successors: successors
        .split(/[;；|/ ]/)
        .map((each) => each.slice(0, 6))
        .filter((each) => /^\d{6}$/.test(each)),
    })
  }
  return loaded
}
