import { Button, FileButton, Textarea } from '@mantine/core'
import { useState } from 'react'
import type { ImportedIpRules, IpRule } from '../../../proxy/contract/ipRules.ts'
import { ApiError } from '../../api/apiError.ts'
import { Dialog, DialogActions } from '../../components/Dialog.tsx'
import { DoneDialog } from '../../components/DoneDialog.tsx'
import { Refusal } from '../../components/ErrorState.tsx'
import { Notice } from '../../components/Notice.tsx'
import { count } from '../../words/names.ts'
import { KindChoice, ThisComputerChoice } from './RuleChoices.tsx'
import { useImportRules } from './ruleQueries.ts'
import styles from './rules.module.css'

/** A list with an address a line, pasted or from a file, such as ComfyUI-Sentinel's whitelist.txt and blacklist.txt. */
export function ImportRulesDialog({ onClose }: { readonly onClose: () => void }) {
  const [list, setList] = useState<TypedList>({ kind: 'deny', text: '', alsoThisComputer: true })
  const take = useImportRules()
  const question = take.error instanceof ApiError && take.error.code === 'CONFIRMATION_NEEDED' ? take.error : undefined
  const asksFirst = question !== undefined
  const change = (part: Partial<TypedList>) => {
    setList((before) => ({ ...before, ...part }))
    // What was asked about was another list.
    take.reset()
  }
  const send = () =>
    take.mutate({
      ...list,
      alsoThisComputer: list.kind === 'allow' && list.alsoThisComputer,
      confirm: asksFirst,
    })
  if (take.data !== undefined) return <ImportedDialog result={take.data} onClose={onClose} />
  return (
    <Dialog title="Import a list" onClose={onClose} size={520}>
      <ListFields list={list} onChange={change} />
      {asksFirst ? (
        <Notice tone="attention" announce>
          {question.message.replace(/ Send it again .*$/, '')}
        </Notice>
      ) : (
        <Refusal error={take.error} />
      )}
      <DialogActions>
        <Button variant="default" onClick={onClose}>
          Cancel
        </Button>
        <Button
          disabled={list.text.trim() === ''}
          loading={take.isPending}
          onClick={send}
          {...(asksFirst ? { color: 'red' } : {})}
        >
          {asksFirst ? 'Import it all the same' : 'Import'}
        </Button>
      </DialogActions>
    </Dialog>
  )
}

interface TypedList {
  readonly kind: IpRule['kind']
  readonly text: string
  readonly alsoThisComputer: boolean
}

interface ListFieldsProps {
  readonly list: TypedList
  readonly onChange: (part: Partial<TypedList>) => void
}

function ListFields({ list, onChange }: ListFieldsProps) {
  const readFile = (file: File | null) => {
    if (file === null) return
    if (/white|allow/i.test(file.name)) onChange({ kind: 'allow' })
    void file.text().then((text) => onChange({ text }))
  }
  return (
    <>
      <KindChoice
        label="What the list does"
        denyWords="Keep these out"
        value={list.kind}
        onChange={(kind) => onChange({ kind })}
      />
      <Textarea
        label="One address or network a line"
        description="Blank lines and comments behind # are left out. Rules that you have already stay as they are."
        rows={7}
        value={list.text}
        onChange={(event) => onChange({ text: event.currentTarget.value })}
        data-autofocus
      />
      <div>
        <FileButton onChange={readFile} accept=".txt,text/plain">
          {(props) => (
            <Button variant="default" {...props}>
              Choose a file
            </Button>
          )}
        </FileButton>
      </div>
      {list.kind === 'allow' && (
        <ThisComputerChoice
          checked={list.alsoThisComputer}
          onChange={(alsoThisComputer) => onChange({ alsoThisComputer })}
        />
      )}
    </>
  )
}

function ImportedDialog({ result, onClose }: { readonly result: ImportedIpRules; readonly onClose: () => void }) {
  const { added, known, skipped, othersSkipped } = result
  const broken = skipped.length + othersSkipped
  return (
    <DoneDialog title="The list is in" onClose={onClose}>
      <p>
        {count(added, 'rule')} {added === 1 ? 'was' : 'were'} added.
        {known > 0 && ` ${known} ${known === 1 ? 'was' : 'were'} there already.`}
      </p>
      {broken > 0 && (
        <div>
          <p>{count(broken, 'line')} could not be read and did nothing:</p>
          <ul className={styles.lines} tabIndex={0} aria-label="Lines that could not be read">
            {skipped.map(({ line, text }) => (
              <li key={line}>
                Line {line}: <code>{text}</code>
              </li>
            ))}
            {othersSkipped > 0 && <li>and {othersSkipped} more</li>}
          </ul>
        </div>
      )}
    </DoneDialog>
  )
}
