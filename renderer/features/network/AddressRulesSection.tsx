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
  const total = rules.data?.pages[0]?.total ?? 0
  const hasAny = total > 0 || search.trim() !== ''
  return (
    <Section
      title="Address rules"
      hint="Who may connect at all. While any rule lets in, only what is let in gets in; otherwise everybody at home does who is not kept out."
      action={
        hasAny && (
          <div className={styles.buttons}>
            <ImportButton onOpen={setOpen} />
            <AddButton onOpen={setOpen} />
          </div>
        )
      }
    >
      {rules.isPending && <LoadingRows rows={2} rowHeight={56} />}
      {rules.isError && (
        <ErrorState what="The rules could not be read." error={rules.error} onRetry={() => void rules.refetch()} />
      )}
      {rules.data !== undefined && !hasAny && <NoRules onOpen={setOpen} />}
      {hasAny && <RuleList rules={rules} total={total} search={search} onSearch={setSearch} onOpen={setOpen} />}
      <RuleDialogs open={open} onClose={() => setOpen(undefined)} />
    </Section>
  )
}

interface OpenerProps {
  readonly onOpen: (open: Open) => void
}

const AddButton = ({ onOpen }: OpenerProps) => (
  <Button leftSection={<IconPlus size={16} aria-hidden />} onClick={() => onOpen('add')}>
    New rule
  </Button>
)

const ImportButton = ({ onOpen }: OpenerProps) => (
  <Button variant="default" onClick={() => onOpen('import')}>
    Import a list
  </Button>
)

const NoRules = ({ onOpen }: OpenerProps) => (
  <EmptyState
    title="No rules. Everybody at home can reach the sign-in page."
    action={
      <>
        <AddButton onOpen={onOpen} /> <ImportButton onOpen={onOpen} />
      </>
    }
  >
    A rule keeps a device out, or lets only some in, before it gets to see anything.
  </EmptyState>
)

interface RuleListProps extends OpenerProps {
  readonly rules: ReturnType<typeof useIpRules>
  readonly total: number
  readonly search: string
  readonly onSearch: (search: string) => void
}

function RuleList({ rules, total, search, onSearch, onOpen }: RuleListProps) {
  const shown = rules.data?.pages.flatMap(({ items }) => items) ?? []
  const wanted = search.trim()
  return (
    <>
      {(total >= searchFrom || wanted !== '') && (
        <SearchField
          label="Search addresses and comments"
          value={search}
          onChange={onSearch}
          found={total}
          total={total}
        />
      )}
      {shown.length > 0 && <RuleTable rules={shown} onRemove={(rule) => onOpen({ remove: rule })} />}
      {wanted !== '' && rules.data !== undefined && total === 0 && (
        <p className="quiet">No rule is about “{wanted}”.</p>
      )}
      <MoreRows shown={shown.length} total={total} onMore={() => void rules.fetchNextPage()} />
    </>
  )
}

function RuleDialogs({ open, onClose }: { readonly open: Open | undefined; readonly onClose: () => void }) {
  const [removed, setRemoved] = useState<IpRule>()
  return (
    <>
      {open === 'add' && <AddRuleDialog onClose={onClose} />}
      {open === 'import' && <ImportRulesDialog onClose={onClose} />}
      {typeof open === 'object' && (
        <RemoveRuleDialog
          rule={open.remove}
          onRemoved={() => {
            setRemoved(open.remove)
            onClose()
          }}
          onClose={onClose}
        />
      )}
      {removed !== undefined && <RemovedToast rule={removed} onClose={() => setRemoved(undefined)} />}
    </>
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
