import {
  isIndividualBusinessNumber,
  parseRegistrationNumber,
} from '../identity/registration-number.ts'
import { parseOrganisationCode } from '../identity/organisation-code.ts'
import { findPersonalData } from '../identity/personal-data.ts'
import { parseTaxNumber } from '../identity/tax-number.ts'
import { isIndividualBusiness, parseUscc } from '../identity/uscc.ts'
import type { Subject } from '../records/record.ts'
import type { Policy } from '../settings.ts'
import { readText } from './cell.ts'
import type { Column } from './layouts/layout.ts'
import type { RefusalCode } from './refusal.ts'
