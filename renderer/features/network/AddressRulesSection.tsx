import { Button } from '@mantine/core'
import { IconPlus } from '@tabler/icons-react'
import { useState } from 'react'
import type { IpRule } from '../../../proxy/contract/ipRules.ts'
import { EmptyState } from '../../components/EmptyState.tsx'
import { ErrorState } from '../../components/ErrorState.tsx'
import { LoadingRows } from '../../components/Loading.tsx'
import { MoreRows } from '../../components/MoreRows.tsx'
import { SearchField, searchFrom } from '../../components/SearchField.tsx'
import { Section } from '../../components/Section.tsx'
import { Toast } from '../../components/Toast.tsx'
import { AddRuleDialog } from './AddRuleDialog.tsx'
import { ImportRulesDialog } from './ImportRulesDialog.tsx'
import { RemoveRuleDialog } from './RemoveRuleDialog.tsx'
import { RuleTable } from './RuleTable.tsx'
import { useAddRule, useIpRules } from './ruleQueries.ts'
import { kindWords, toShownAddress } from './ruleWords.ts'
import styles from './rules.module.css'

type Open = 'add' | 'import' | { readonly remove: IpRule }

/** Which addresses get in, whatever anybody knows of passwords. */
export function AddressRulesSection() {
  const [search, setSearch] = useState('')
  const rules = useIpRules(search.trim())
  const [open, setOpen] = useState<Open>()
  const [removed, setRemoved] = useState<IpRule>()
  const pages = rules.data?.pages ?? []
  const shown = pages.flatMap(({ items }) => items)
  const total = pages[0]?.total ?? 0
  const close = () => setOpen(undefined)
  const isSearching = search.trim() !== ''
  const addButton = (
    <Button leftSection={<IconPlus size={16} aria-hidden />} onClick={() => setOpen('add')}>
      New rule
    </Button>
  )
  const importButton = (
    <Button variant="default" onClick={() => setOpen('import')}>
      Import a list
    </Button>
  )
  const hasAny = total > 0 || isSearching
  return (
    <Section
      title="Address rules"
      hint="Who may connect at all. While any rule lets in, only what is let in gets in; otherwise everybody at home does who is not kept out."
      action={
        hasAny && (
          <div className={styles.buttons}>
            {importButton}
            {addButton}
          </div>
        )
      }
    >
      {rules.isPending && <LoadingRows rows={2} rowHeight={56} />}
      {rules.isError && (
        <ErrorState what="The rules could not be read." error={rules.error} onRetry={() => void rules.refetch()} />
      )}
      {rules.data !== undefined && !hasAny && (
        <EmptyState
          title="No rules. Everybody at home can reach the sign-in page."
          action={
            <>
              {addButton} {importButton}
            </>
          }
        >
          A rule keeps a device out, or lets only some in, before it gets to see anything.
        </EmptyState>
      )}
      {hasAny && (total >= searchFrom || isSearching) && (
        <SearchField
          label="Search addresses and comments"
          value={search}
          onChange={setSearch}
          found={total}
          total={total}
        />
      )}
      {shown.length > 0 && <RuleTable rules={shown} onRemove={(rule) => setOpen({ remove: rule })} />}
      {isSearching && rules.data !== undefined && total === 0 && (
        <p className="quiet">No rule is about “{search.trim()}”.</p>
      )}
      <MoreRows shown={shown.length} total={total} onMore={() => void rules.fetchNextPage()} />
      {open === 'add' && <AddRuleDialog onClose={close} />}
      {open === 'import' && <ImportRulesDialog onClose={close} />}
      {typeof open === 'object' && (
        <RemoveRuleDialog
          rule={open.remove}
          onRemoved={() => {
            setRemoved(open.remove)
            close()
          }}
          onClose={close}
        />
      )}
      {removed !== undefined && <RemovedToast rule={removed} onClose={() => setRemoved(undefined)} />}
    </Section>
  )
}

/** The same rule again: what it does was known before. */
function RemovedToast({ rule, onClose }: { readonly rule: IpRule; readonly onClose: () => void }) {
  const add = useAddRule()
  const { kind, cidr, comment, expiresAt } = rule
  const undo = () => add.mutate({ kind, cidr, comment, expiresAt, confirm: true }, { onSuccess: onClose })
  return (
    <Toast
      onClose={onClose}
      action={
        <Button variant="subtle" loading={add.isPending} onClick={undo}>
          Undo
        </Button>
      }
    >
      {add.isError
        ? 'The rule could not be brought back.'
        : `The rule “${kindWords[kind]} ${toShownAddress(cidr)}” is gone.`}
    </Toast>
  )
}
