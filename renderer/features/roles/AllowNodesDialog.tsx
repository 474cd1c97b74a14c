import { Button } from '@mantine/core'
import type { JudgedNodeAnswer } from '../../../proxy/contract/nodeAnswers.ts'
import type { RoleAnswer } from '../../../proxy/contract/roleRules.ts'
import { Dialog, DialogActions } from '../../components/Dialog.tsx'
import { Refusal } from '../../components/ErrorState.tsx'
import { Notice } from '../../components/Notice.tsx'
import { allowWords, allRisks, peopleOfRole, toAllowance } from './nodeWords.ts'
import { packName, someOf } from './reachWords.ts'
import { useAllowNodes } from './roleQueries.ts'
import { peopleWords } from './roleWords.ts'
import styles from './Roles.module.css'

interface AllowNodesDialogProps {
  readonly role: RoleAnswer
  /** All of one pack. */
  readonly nodes: readonly JudgedNodeAnswer[]
  readonly onClose: () => void
}

/** Says what opening these classes means before it is done. */
export function AllowNodesDialog({ role, nodes, onClose }: AllowNodesDialogProps) {
  const allow = useAllowNodes()
  const [first] = nodes
  const risks = allRisks(nodes)
  const what =
    nodes.length === 1 ? `“${first?.title ?? ''}”` : `${nodes.length} classes of ${packName(first?.pack ?? '')}`
  const save = () => allow.mutate({ role: role.id, nodes: nodes.map(toAllowance) }, { onSuccess: onClose })
  return (
    <Dialog title={`Allow ${what}?`} onClose={onClose} size={560}>
      {nodes.length > 1 && (
        <p className="quiet">
          {someOf(
            nodes.map(({ title }) => title),
            6,
          )}
        </p>
      )}
      {risks.length > 0 && (
        <Notice tone="attention">
          <p>
            <strong>{nodes.length === 1 ? 'This node' : 'Among them are nodes of which each'}</strong>
          </p>
          <ul className={styles.risks}>
            {risks.map((risk) => (
              <li key={risk}>{risk}</li>
            ))}
          </ul>
        </Notice>
      )}
      <p>
        Whoever has the role can do that here, in any workflow of their own: {peopleWords(role.people).toLowerCase()}{' '}
        now, and everybody who gets it later.
      </p>
      <p className="quiet small">
        It holds for {nodes.length === 1 ? 'this node' : 'these nodes'} of this pack as they are today. When the pack’s
        program changes, or another pack takes the name, they are kept from {peopleOfRole(role)} again until you have
        looked. What a node can do is read from its program, which is advice and no proof.
      </p>
      <Refusal error={allow.error} />
      <DialogActions>
        <Button variant="default" onClick={onClose} data-autofocus>
          Keep it closed
        </Button>
        <Button {...(risks.length > 0 && { color: 'red' })} loading={allow.isPending} onClick={save}>
          {allowWords(role)}
        </Button>
      </DialogActions>
    </Dialog>
  )
}
