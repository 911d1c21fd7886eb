#!/usr/bin/env node
/**
 * Writes the walk-through's three files. Every organisation is invented: its organisation code begins with `YY`,
 * which no real one does. `node examples/generate.ts` gives the same bytes again.
 */
import { writeFileSync } from 'node:fs'
import Papa from 'papaparse'
import { organisationCodeCheck } from '../shared/identity/organisation-code.ts'
import { residentIdCheck } from '../shared/identity/resident-id.ts'
import { completeUscc } from '../shared/identity/uscc.ts'

const ORGANISATIONS = 240
const divisions = ['330203', '330205', '330206', '330211', '330212', '330282']
const trades = ['机械', '食品', '纺织', '电子', '建材', '物流', '环保', '印刷']
const places = ['江畔', '云湖', '东塘', '石桥', '青坞', '竹溪']

type Organisation = { readonly uscc: string; readonly name: string; readonly at: number }

const organisations: readonly Organisation[] = Array.from({ length: ORGANISATIONS }, (_, at) => ({
  uscc: completeUscc({
    prefix: '91',
    division: pick(divisions, at),
    body: `YY${String(at + 1).padStart(6, '0')}`,
  }),
  name: `示例${pick(places, at)}${pick(trades, at * 5 + 1)}${at + 1}号有限公司`,
  at,
}))

write('registration.csv', registrationRows())
write('licences-2018.csv', licenceRows())
write('penalties-2018.csv', penaltyRows())

function registrationRows(): string[][] {
  // biome-ignore format: one line a row
  const header = ['序号', '企业名称', '统一社会信用代码', '注册号', '登记机关', '企业类型', '登记状态', '住所', '注册资本(万元)', '币种', '经营范围', '核准日期', '成立日期', '经营期限自', '经营期限至', '法定代表人', '数据导出时间']
  const rows = organisations.map(registrationRow)
  const [first, second] = [rows[0] ?? [], rows[1] ?? []]
  // biome-ignore format: one line a row
  return [
    header,
    ...rows,
    first,
    ['', '示例旧企业', '', '330200000012344', '示例市工商行政管理局', '集体企业', '吊销', '', '', '', '', '', '1996/5/1', '', '', '某某', ''],
    withCells(second, { 2: breakCheck(second[2] ?? '') }),
    withCells(second, { 1: '示例路小吃店', 2: completeUscc({ prefix: '92', division: '330203', body: 'YY900001' }), 5: '个体工商户' }),
    withCells(second, { 2: '00000000000000000X' }),
    withCells(second, { 12: '2021-02-30' }),
  ]
}

function licenceRows(): string[][] {
  // biome-ignore format: one line a row
  const header = ['行政相对人名称', '行政相对人类别', '行政相对人代码＿1（统一社会信用代码）', '行政相对人代码＿2（工商注册号）', '行政相对人代码＿3（组织机构代码）', '行政相对人代码＿4（税务登记号）', '行政相对人代码＿5（事业单位证书号）', '行政相对人代码＿6（社会组织登记证号）', '法定代表人', '法定代表人证件类型', '法定代表人证件号码', '证件类型', '证件号码', '行政许可决定文书名称', '行政许可决定文书号', '许可类别', '许可证书名称', '许可编号', '许可内容', '许可决定日期', '有效期自', '有效期至', '许可机关', '许可机关统一社会信用代码', '当前状态', '数据来源单位', '数据来源单位统一社会信用代码', '备注', '数据导出时间']
  const rows = organisations.filter(({ at }) => at % 2 === 0).map(licenceRow)
  const [first] = rows
  if (first === undefined) throw new Error('no licences')
  const person = `999999${'19700101'}001`
  // biome-ignore format: one line a row
  return [
    ['示例市行政许可信息公示表'],
    ['表格说明：带括号的列按括号内文字理解'],
    header,
    ...rows,
    first,
    withCells(first, { 0: '张某', 1: '自然人', 2: '', 4: '' }),
    withCells(first, { 0: '李某', 2: person + residentIdCheck(person), 4: '' }),
    withCells(first, { 14: '示建许〔2025〕900号', 18: `经办人证件号 ${person}${residentIdCheck(person)}` }),
    withCells(first, { 14: '' }),
    withCells(first, { 4: `YY000999${organisationCodeCheck('YY000999')}` }),
  ]
}

function penaltyRows(): string[][] {
  // biome-ignore format: one line a row
  const header = ['行政相对人名称', '行政相对人类别', '行政相对人代码＿1', '行政相对人代码＿2', '行政相对人代码＿3', '行政相对人代码＿4', '行政相对人代码＿5', '行政相对人代码＿6', '法定代表人', '法定代表人证件类型', '法定代表人证件号码', '证件类型', '证件号码', '行政处罚决定书文号', '违法行为类型', '违法事实', '处罚依据', '处罚类别', '处罚内容', '罚款金额（万元）', '没收违法所得、没收非法财物的金额（万元）', '暂扣或吊销证照名称及编号', '处罚决定日期', '处罚有效期', '公示截止期', '处罚机关', '处罚机关统一社会信用代码', '数据来源单位', '数据来源单位统一社会信用代码', '备注', '数据导出时间']
  const rows = organisations.filter(({ at }) => at % 5 === 1).map(penaltyRow)
  const [first] = rows
  if (first === undefined) throw new Error('no penalties')
  // biome-ignore format: one line a row
  return [
    ['示例市行政处罚信息公示表'],
    header,
    ...rows,
    withCells(first, { 0: '王某', 1: '自然人', 2: '', 4: '' }),
    withCells(first, { 13: '示环罚字[2025]第901号', 15: '联系电话13900000000' }),
    withCells(first, { 13: '示环罚字[2025]第902号', 19: '伍万' }),
  ]
}

function registrationRow({ uscc, name, at }: Organisation): string[] {
  const established = day(2009, at)
  // biome-ignore format: one line a row
  return [String(at + 1), name, uscc, '', '示例市市场监督管理局', '有限责任公司', at % 40 === 7 ? '注销' : '存续', `示例市示例路${at + 1}号`, String(50 + at * 10), '人民币', `${pick(trades, at)}产品的制造与销售`, day(2021, at), established, established, at % 3 === 0 ? '长期' : '2039-12-31', '某某', '2026-11-20 08:00:00']
}

function licenceRow({ uscc, name, at }: Organisation): string[] {
  const [bureau, code] = ['示例市住房和城乡建设局', '11330200YY0009022J']
  // biome-ignore format: one line a row
  return [name, '法人及非法人组织', uscc, '', uscc.slice(8, 17), '', '', '', '某某', '身份证', '', '', '', '行政许可决定书', `示建许〔2025〕${at + 1}号`, '普通', '建筑业企业资质证书', `D3${String(at).padStart(6, '0')}`, '准予从事建筑施工', `2025/${(at % 12) + 1}/9`, `2025${String((at % 12) + 1).padStart(2, '0')}09`, at % 6 === 0 ? '2099-12-31' : '2028-12-31 0:00:00', bureau, code, '1', bureau, code, '', '2026-11-20 08:00:00']
}

function penaltyRow({ uscc, name, at }: Organisation): string[] {
  const [bureau, code] = ['示例市生态环境局', '11330200YY0009030D']
  // Of 2022 nothing is published any more; of 2025 what is serious is
  const year = at % 10 === 6 ? 2025 : 2022
  const kinds = [
    '罚款',
    ...(at % 3 === 0 ? ['没收违法所得、没收非法财物'] : []),
    ...(year === 2025 ? ['责令停产停业'] : []),
  ]
  // biome-ignore format: one line a row
  return [name, '法人及非法人组织', uscc, '', uscc.slice(8, 17), '', '', '', '某某', '身份证', '', '', '', `示环罚字[${year}]第${at + 1}号`, '超标排放', '经现场检查，排放浓度超过标准', '《大气污染防治法》第九十九条', kinds.join('；'), kinds.join('；'), (at * 0.125 + 0.5).toFixed(6), at % 3 === 0 ? '0.12' : '', '', `${year}年${(at % 12) + 1}月15日`, '2099-12-31', at % 10 === 6 ? '2028-06-30' : '', bureau, code, bureau, code, '', '2026-11-20 08:00:00']
}

function write(file: string, rows: readonly string[][]): void {
  writeFileSync(new URL(file, import.meta.url), `${Papa.unparse([...rows], { newline: '\r\n' })}\r\n`)
}

function withCells(row: readonly string[], cells: Readonly<Record<number, string>>): string[] {
  return row.map((cell, at) => cells[at] ?? cell)
}

function pick<T>(list: readonly T[], at: number): T {
  const picked = list[at % list.length]
  if (picked === undefined) throw new Error('nothing to pick from')
  return picked
}

function day(year: number, at: number): string {
  return `${year + (at % 4)}-${String((at % 12) + 1).padStart(2, '0')}-${String((at % 27) + 1).padStart(2, '0')}`
}

function breakCheck(uscc: string): string {
  return uscc.slice(0, 17) + (uscc.endsWith('0') ? '1' : '0')
}
