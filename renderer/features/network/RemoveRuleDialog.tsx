import { useEffect, useRef } from 'react'
import type { IpRule } from '../../../proxy/contract/ipRules.ts'
import { ConfirmDialog } from '../../components/ConfirmDialog.tsx'
import { EffectNotice } from './EffectNotice.tsx'
import { useRemoveRule, useRulePreview } from './ruleQueries.ts'
import { effectWords, toShownAddress } from './ruleWords.ts'

interface RemoveRuleDialogProps {
  readonly rule: IpRule
  readonly onRemoved: () => void
  readonly onClose: () => void
}

/** Removes at once what can be undone; asks only when somebody would be cut off by it. */
export function RemoveRuleDialog({ rule, onRemoved, onClose }: RemoveRuleDialogProps) {
  const preview = useRulePreview({ remove: rule.id })
  const { mutate, isPending, error } = useRemoveRule()
  const asks = preview.isError || (preview.data !== undefined && effectWords(preview.data).danger.length > 0)
  const isHarmless = preview.data !== undefined && !asks
  const begun = useRef(false)
  useEffect(() => {
    if (!isHarmless || begun.current) return
    begun.current = true
    mutate(rule.id, { onSuccess: onRemoved })
  }, [isHarmless, mutate, rule.id, onRemoved])
  if (!asks && error === null) return null
  const address = toShownAddress(rule.cidr)
  return (
    <ConfirmDialog
      title={`Remove the rule for ${address}?`}
      action="Remove it"
      busy={isPending}
      error={error ?? preview.error}
      onConfirm={() => mutate(rule.id, { onSuccess: onRemoved })}
      onClose={onClose}
    >
      {preview.data !== undefined && <EffectNotice effect={preview.data} />}
    </ConfirmDialog>
  )
}
