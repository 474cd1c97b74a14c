import { Button } from '@mantine/core'
import type { JudgedNodeAnswer } from '../../../proxy/contract/nodeAnswers.ts'
import { StateWord } from '../../components/StateWord.tsx'
import { nodeSentence } from './nodeWords.ts'
import styles from './Roles.module.css'

interface NodeRowProps {
  readonly node: JudgedNodeAnswer
  readonly busy: boolean
  readonly onAllow: () => void
  readonly onForbid: () => void
}

/** A class of nodes: what it is called, what it can do, whether it is open, and the one thing to do about it. */
export function NodeRow({ node, busy, onAllow, onForbid }: NodeRowProps) {
  const sentence = nodeSentence(node)
  return (
    <div role="listitem" className={styles.node}>
      <div className={styles.nodeWords}>
        <div className={styles.nodeName}>
          <strong>{node.title}</strong>
          {node.name !== node.title && <code className="quiet small">{node.name}</code>}
          <NodeState node={node} />
        </div>
        {sentence !== '' && <p className="quiet small">{sentence}</p>}
      </div>
      {node.verdict === 'allowed' ? (
        <Button variant="default" size="xs" loading={busy} onClick={onForbid} aria-label={`Close ${node.title}`}>
          Close
        </Button>
      ) : (
        <Button variant="default" size="xs" loading={busy} onClick={onAllow} aria-label={`Allow ${node.title}`}>
          Allow …
        </Button>
      )}
    </div>
  )
}

function NodeState({ node: { verdict, unseen, risks, allowedByOwner } }: { readonly node: JudgedNodeAnswer }) {
  switch (verdict) {
    case 'allowed':
      return risks.length > 0 ? (
        <StateWord tone="attention">{allowedByOwner ? 'Open, as you allowed' : 'Open'}</StateWord>
      ) : (
        <StateWord tone="quiet">Open</StateWord>
      )
    case 'risky':
      return <StateWord tone="quiet">Kept from them</StateWord>
    case 'new':
      return <StateWord tone="attention">{unseen === 'changed' ? 'Changed' : 'New'}</StateWord>
    case 'denied':
      return <StateWord tone="quiet">Closed by you</StateWord>
  }
}
