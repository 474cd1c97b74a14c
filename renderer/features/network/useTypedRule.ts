import { useDebouncedValue } from '@mantine/hooks'
import { useState } from 'react'
import type { IpRule, IpRuleEffect } from '../../../proxy/contract/ipRules.ts'
import { useAddRule, useRulePreview } from './ruleQueries.ts'

const hourMs = 3_600_000

/** What stands in the fields of a new rule. */
export interface TypedRule {
  readonly kind: IpRule['kind']
  readonly cidr: string
  readonly comment: string
  /** Until it ends; empty: never. */
  readonly hours: string
  readonly alsoThisComputer: boolean
}

/** A rule that is being typed, and what it would do. */
export interface RuleForm {
  readonly fields: TypedRule
  readonly change: (part: Partial<TypedRule>) => void
  /** Of what stands in the fields now; undefined while that is not known. */
  readonly effect: IpRuleEffect | undefined
  /** Why it is no rule; null: nothing is wrong with it. */
  readonly problem: Error | null
  readonly save: () => void
  readonly isSaving: boolean
  readonly refusal: Error | null
}

export function useTypedRule(address: string, onSaved: () => void): RuleForm {
  const [fields, setFields] = useState<TypedRule>({
    kind: 'deny',
    cidr: address,
    comment: '',
    hours: '',
    alsoThisComputer: true,
  })
  const { kind, comment, hours } = fields
  const typed = { kind, cidr: fields.cidr.trim(), alsoThisComputer: kind === 'allow' && fields.alsoThisComputer }
  const [asked] = useDebouncedValue(typed, 200)
  const preview = useRulePreview(asked.cidr.length < 2 ? undefined : asked)
  const isCurrent = JSON.stringify(asked) === JSON.stringify(typed)
  const effect = isCurrent ? preview.data : undefined
  const add = useAddRule()
  const save = () => {
    if (effect === undefined) return
    const expiresAt = hours === '' ? null : new Date(Date.now() + Number(hours) * hourMs).toISOString()
    // What it does stands above the button and in it.
    add.mutate({ ...typed, comment, expiresAt, confirm: true }, { onSuccess: onSaved })
  }
  return {
    fields,
    change: (part) => setFields((before) => ({ ...before, ...part })),
    effect,
    problem: isCurrent ? preview.error : null,
    save,
    isSaving: add.isPending,
    refusal: add.error,
  }
}
