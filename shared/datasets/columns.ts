import { z } from 'zod'
import { digestOf } from '../base/digest.ts'
import { fieldsOf, type GoldenField, type GoldenMember } from '../fusion/golden-record.ts'

const memberSchema = z.strictObject({
  name: z.string(),
  zh: z.string(),
  en: z.string(),
  type: z.enum(['text', 'date', 'money', 'text-list']),
  id: z.int(),
  elementId: z.int().optional(),
})

export const columnSchema = z.strictObject({
  ...memberSchema.shape,
  type: z.enum(['text', 'date', 'instant', 'money', 'text-list', 'struct-list']),
  members: z.array(memberSchema).optional(),
})
/** A column as a manifest describes it. */
export type Column = z.infer<typeof columnSchema>

/** The columns of a published file, in order: the published edition of the field table. */
export const columns: readonly Column[] = fieldsOf('published').map((field) => ({
  ...describe(field),
  type: field.type,
  ...(field.members && {
    members: field.members.map((member) => ({ ...describe(member), type: member.type })),
  }),
}))

/** Of everything that the field table says of the published edition: rules and facts take part. */
export const fieldTableSha256 = digestOf(fieldsOf('published'))

/** The names in one list of SQL. */
export const columnNames = columns.map(({ name }) => name).join(', ')

/** Name and DuckDB type of each column. Never inferred: a column that is empty in one file has the same type there. */
export const columnTypes: readonly (readonly [name: string, type: string])[] = columns.map((column) => [
  column.name,
  duckdbType(column),
])

/** The `columns` argument of read_json. */
export const jsonColumns = `{${columnTypes.map(([name, type]) => `${name}: '${type}'`).join(', ')}}`

/** The FIELD_IDS option of COPY: Iceberg reads columns by these, whatever they are called. */
export const fieldIds = `{${columns.map((column) => `${column.name}: ${fieldId(column)}`).join(', ')}}`

function describe({ name, zh, en, id, elementId }: GoldenField | GoldenMember) {
  return { name, zh, en, id, ...(elementId !== undefined && { elementId }) }
}

function duckdbType({ type, members = [] }: Pick<Column, 'type' | 'members'>): string {
  switch (type) {
    case 'date':
      return 'DATE'
    case 'instant':
      return 'TIMESTAMP WITH TIME ZONE'
    case 'text-list':
      return 'VARCHAR[]'
    case 'struct-list':
      return `STRUCT(${members.map((member) => `${member.name} ${duckdbType(member)}`).join(', ')})[]`
    default:
      return 'VARCHAR'
  }
}

function fieldId({ id, elementId, members }: Pick<Column, 'id' | 'elementId' | 'members'>): string {
  if (elementId === undefined) return String(id)
  const inner = (members ?? []).map((member) => `${member.name}: ${fieldId(member)}`).join(', ')
  const element = members === undefined ? String(elementId) : `{__duckdb_field_id: ${elementId}, ${inner}}`
  return `{__duckdb_field_id: ${id}, element: ${element}}`
}
