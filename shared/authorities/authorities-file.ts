import { parseUscc } from '../identity/uscc.ts'
import { authoritiesFileSchema } from '../settings.ts'

/** The authorities file, with the check that the settings cannot make, since they know no room. */
export const checkedAuthoritiesSchema = authoritiesFileSchema.superRefine(({ authorities }, context) => {
  for (const [index, { uscc }] of authorities.entries()) {
    if (parseUscc(uscc).kind === 'valid') continue
    const message = 'no unified social credit code: its check characters do not hold (GB 32100)'
    context.addIssue({ code: 'custom', path: ['authorities', index, 'uscc'], message })
  }
})
