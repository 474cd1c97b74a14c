import { Button, Checkbox, FileButton, SegmentedControl, Textarea } from '@mantine/core'
import { useState } from 'react'
import type { ImportedIpRules, IpRule } from '../../../proxy/contract/ipRules.ts'
import { ApiError } from '../../api/apiError.ts'
import { Dialog, DialogActions } from '../../components/Dialog.tsx'
import { Refusal } from '../../components/ErrorState.tsx'
import { Notice } from '../../components/Notice.tsx'
import { count } from '../../words/names.ts'
import { useImportRules } from './ruleQueries.ts'
import styles from './rules.module.css'

const kinds = [
  { value: 'deny', label: 'Keep these out' },
  { value: 'allow', label: 'Let only these in' },
]

/** A list with an address a line, pasted or from a file, such as ComfyUI-Sentinel's whitelist.txt and blacklist.txt. */
export function ImportRulesDialog({ onClose }: { readonly onClose: () => void }) {
  const [kind, setKind] = useState<IpRule['kind']>('deny')
  const [text, setText] = useState('')
  const [alsoThisComputer, setAlsoThisComputer] = useState(true)
  const take = useImportRules()
  const question = take.error instanceof ApiError && take.error.code === 'CONFIRMATION_NEEDED' ? take.error : undefined
  const asksFirst = question !== undefined
  const send = () =>
    take.mutate({ kind, text, alsoThisComputer: kind === 'allow' && alsoThisComputer, confirm: asksFirst })
  const readFile = (file: File | null) => {
    if (file === null) return
    if (/white|allow/i.test(file.name)) setKind('allow')
    void file.text().then(setText)
  }
  if (take.data !== undefined) return <ImportedDialog result={take.data} onClose={onClose} />
  return (
    <Dialog title="Import a list" onClose={onClose} size={520}>
      <div className={styles.form}>
        <SegmentedControl
          aria-label="What the list does"
          fullWidth
          value={kind}
          onChange={(value) => {
            setKind(value === 'allow' ? 'allow' : 'deny')
            take.reset()
          }}
          data={kinds}
        />
        <Textarea
          label="One address or network a line"
          description="Blank lines and comments behind # are left out. Rules that you have already stay as they are."
          rows={7}
          value={text}
          onChange={(event) => {
            setText(event.currentTarget.value)
            take.reset()
          }}
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
        {kind === 'allow' && (
          <Checkbox
            label="Let this computer in, too"
            checked={alsoThisComputer}
            onChange={(event) => setAlsoThisComputer(event.currentTarget.checked)}
          />
        )}
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
            disabled={text.trim() === ''}
            loading={take.isPending}
            onClick={send}
            {...(asksFirst ? { color: 'red' } : {})}
          >
            {asksFirst ? 'Import it all the same' : 'Import'}
          </Button>
        </DialogActions>
      </div>
    </Dialog>
  )
}

function ImportedDialog({ result, onClose }: { readonly result: ImportedIpRules; readonly onClose: () => void }) {
  const { added, known, skipped, othersSkipped } = result
  const broken = skipped.length + othersSkipped
  return (
    <Dialog title="The list is in" onClose={onClose}>
      <div className={styles.form}>
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
        <DialogActions>
          <Button onClick={onClose}>Done</Button>
        </DialogActions>
      </div>
    </Dialog>
  )
}
