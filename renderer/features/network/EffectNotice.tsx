import { Notice } from '../../components/Notice.tsx'
import type { IpRuleEffect } from '../../../proxy/contract/ipRules.ts'
import { effectWords } from './ruleWords.ts'

/** Whom a rule would meet: who would be cut off first, then the rest. */
export function EffectNotice({ effect }: { readonly effect: IpRuleEffect }) {
  const { danger, plain } = effectWords(effect)
  return (
    <>
      {danger.length > 0 && (
        <Notice tone="attention" announce>
          {danger.join(' ')}
        </Notice>
      )}
      {plain.length > 0 && <p className="quiet small">{plain.join(' ')}</p>}
    </>
  )
}
