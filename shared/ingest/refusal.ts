const submissionReasons = {
  LAYOUT_UNKNOWN: 'No layout of this name is known here.',
  AUTHORITY_SUSPENDED:
    'The authority is suspended: until it is let send again, nothing new is taken from it.',
  SIGNATURE_MISSING: 'This authority signs what it sends, and this came without a signature.',
  SIGNATURE_INVALID: 'The signature is none over a submission by the key that it names (JWS, EdDSA).',
  SIGNATURE_KEY_UNKNOWN: 'The signature names a key that this authority does not have.',
  SIGNATURE_KEY_NOT_VALID: 'The key was not valid when this was sent, or is not now.',
  SIGNATURE_REBOUND:
    'The signature is one over another submission: its authority, id, layout, time, content or what it mends.',
  RECORD_TYPE_NOT_ADMITTED: 'The authorities file does not admit this type of record from this authority.',
  SENT_AT_IN_FUTURE: 'sentAt lies ahead of our clock.',
  FORMAT_UNKNOWN: 'The content is of no format that is read here.',
  FORMAT_DISAGREES:
    'The content is not what its name or content type says; a web page or text under the name of a workbook is none.',
  ENCODING_INVALID:
    'The bytes are not text in one encoding: UTF-8, GB 18030, or UTF-16 with a byte order mark.',
  CSV_MALFORMED: 'The CSV breaks off inside a quoted cell or quotes a cell wrongly (RFC 4180).',
  JSON_MALFORMED: 'The JSON is neither an array of records nor records one after another (RFC 8259).',
  XML_MALFORMED: 'The XML is not well-formed, or names an entity that XML does not have.',
  XML_DOCTYPE: 'The XML declares a document type; nothing that a sender declares of its own is read.',
  XML_NOT_EXCHANGE_MESSAGE: 'The XML is no ExchangeMessage whose Body has a fields element for each record.',
  GZIP_MALFORMED: 'The gzip data is damaged or breaks off.',
  WORKBOOK_MALFORMED: 'The workbook is damaged, or has something twice or where nothing can be.',
  WORKBOOK_ENCRYPTED: 'The workbook is protected by a password.',
  WORKBOOK_MACROS: 'The workbook has macros.',
  WORKBOOK_EXTERNAL_DATA: 'The workbook takes data from other files or connections.',
  WORKBOOK_SHEETS: 'More than one visible sheet has cells; nobody can say which one counts.',
  WORKBOOK_TOO_LARGE: 'The workbook is too large to be read whole; send it as CSV, which has no such limit.',
  FORMULA_CELL: 'The cell has a formula, or begins with = as one does; send values.',
  MERGED_CELLS:
    'The cell is merged with cells of rows below it, which then have no value; give each row its own.',
  CELL_ERROR: 'The cell has an error of Excel (such as #N/A) in place of a value.',
  FILE_EXPANDS_TOO_FAR: 'The compressed file expands to more than is taken, or out of all proportion.',
  FILE_ROW_TOO_LONG: 'A row or record is longer than is taken (4,194,304 characters).',
  FILE_ROW_TOO_WIDE: 'A row or record has more columns than is taken (16,384).',
  FILE_TOO_MANY_ROWS: 'The file has more rows than is taken (20,000,000).',
  FILE_NESTS_TOO_DEEP: 'The file nests deeper than is taken (32 levels).',
  HEADER_NOT_FOUND:
    'No row among the first ten has the columns this layout requires, and no record among them its members.',
  HEADER_AMBIGUOUS: 'Two columns of the header mean the same field.',
  HEADER_TOO_LONG: 'A column header, or a cell above it, is longer than is looked at (100,000 characters).',
  LAYOUT_DISAGREES:
    'The header, or the members of the first records, are those of another layout, for records of another type.',
  HEADER_PERSONAL_DATA: 'A column header contains what looks like a resident ID or mobile number.',
  FILE_NAME_PERSONAL_DATA: 'The name of the file contains what looks like a resident ID or mobile number.',
  DROP_NAME_MALFORMED:
    'The object is not named <authority>/drop/<layout>/<submissionId>.<ending of a format>.',
  SUBMISSION_EMPTY: 'The submission has no records.',
  SUBMISSION_ID_REUSED: 'An id names one content for good; send other content under another id.',
  ENVELOPE_MALFORMED: 'The message is neither an envelope nor a pointer to a file, as the schema has them.',
  OBJECT_NOT_OWN: 'The pointer names an object that is not under the prefix of this authority.',
  OBJECT_NOT_FOUND: 'There is no such version of the object.',
  OBJECT_CHANGED: 'The object does not have the SHA-256 that the pointer says.',
  OBJECT_TOO_LARGE:
    'The file is larger than one submission may be (8 GiB), or than can be read in the time there is; send it in several.',
  MENDS_UNKNOWN: 'The submission that it mends is not there, or none of its records is in quarantine.',
  MENDS_LAPSED: 'The day is past until which records of that submission could be mended.',
  MENDS_DIFFERS:
    'It is in another layout than what it mends, or its records are not as many as the places named, or else open.',
  MENDS_PLACE_NOT_OPEN:
    'The place is not that of a record in quarantine there that is open, or is named twice.',
  SUBMISSION_DEAD: 'Processing failed again and again; the operator has been told.',
} as const satisfies Record<string, string>

const recordReasons = {
  ROW_NOT_JSON: 'The record is not a JSON object.',
  ROW_SHAPE: 'The row has more cells than the header, so its values stand in the wrong columns.',
  ROW_IS_HEADER: 'The row says what the header says: files were put together, and this is the header of one.',
  TEXT_NOT_WELL_FORMED:
    'The text has a lone surrogate, or U+FFFD in place of a character that was lost before it was sent.',
  FIELD_MISSING: 'The layout requires this field.',
  FIELD_TOO_LONG: 'The value is longer than the layout allows.',
  FIELD_NOT_TEXT:
    'The value is neither text nor a number that is kept exactly and shown as it is; send such as text.',
  FIELD_VALUE_UNKNOWN: 'The value is not one of those the layout lists.',
  DATE_INVALID: 'The value is not a date that exists, in a form the layout knows.',
  DATE_IN_FUTURE:
    'The date of a decision, an approval or an establishment lies after the day of receipt in China.',
  AMOUNT_INVALID: 'The value is not an amount of money.',
  SUBJECT_NATURAL_PERSON: 'The record is about a natural person; only organisations are admitted.',
  SUBJECT_INDIVIDUAL_BUSINESS:
    'The record is about an individual business (个体工商户), which this deployment does not admit.',
  SUBJECT_IDENTIFIER_MISSING: 'The row names no identifier of an organisation.',
  SUBJECT_IDENTIFIER_INVALID: 'The identifier has the form of none that is known.',
  USCC_CHECK_FAILED: 'The unified social credit code fails its check character (GB 32100).',
  USCC_ORGANISATION_CODE_FAILED:
    'The organisation code inside the unified social credit code fails its check character (GB 11714).',
  USCC_DEPARTMENT_UNKNOWN:
    'The first character of the unified social credit code names no registering department (GB 32100).',
  USCC_AMBIGUOUS: 'The value passes both as a unified social credit code and as a resident ID.',
  IDENTIFIERS_DISAGREE: 'The organisation code is not the one inside the unified social credit code.',
  TEXT_PERSONAL_DATA: 'The text contains what looks like a resident ID or mobile number.',
} as const satisfies Record<string, string>

/**
 * Why a record, or a whole submission, is refused. The reason is all that a receipt says about the row: it never
 * carries a value from it.
 */
export const refusalReasons = { ...submissionReasons, ...recordReasons }

export type RefusalCode = keyof typeof refusalReasons
export const refusalCodes = Object.keys(refusalReasons) as [RefusalCode, ...RefusalCode[]]

/** What a record by itself is refused for; a whole file is, for some of it. */
export const recordRefusalCodes = [
  ...(Object.keys(recordReasons) as (keyof typeof recordReasons)[]),
  'HEADER_AMBIGUOUS',
  'HEADER_TOO_LONG',
  'HEADER_PERSONAL_DATA',
  'FORMULA_CELL',
] as const

/** `path` is a JSON Pointer (RFC 6901) into the submission; field names are the layout's own. */
export type Refusal = {
  readonly code: RefusalCode
  readonly path: string
  /** What the reason can't say in general, in our own words and the layout's. */
  readonly detail?: string
}

/** Why, in sentences. */
export function describeRefusal({ code, detail }: Refusal): string {
  return detail === undefined ? refusalReasons[code] : `${refusalReasons[code]} ${detail}`
}
